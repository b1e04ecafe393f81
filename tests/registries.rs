//! `pin` against the registry that everybody runs, `distribution`, and every other command without a network.
//!
//! Needs `docker-registry` (Debian's package, or `DOCKWRIGHT_REGISTRY`), `openssl` and `unshare`:
//! `cargo test --features registry-tests --test registries`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod registry;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use registry::project::{DISTROLESS, NODE, Project, said};
use registry::{Registry, Reply, digest_of};

/// `alice` with the password `s3cret`, as `htpasswd -B` writes it.
const HTPASSWD: &str = "alice:$2y$05$NL.J1cjW1ZuBE01jfU7dAOCMOP5bjgkFJvCaLZRZWl3TG905.1ZwC\n";
/// `alice:s3cret` for the Docker configuration.
const AUTH: &str = "YWxpY2U6czNjcmV0";

/// A folder with images, certificates and configurations, which any number of registries serve.
struct Storage {
    folder: tempfile::TempDir,
}

/// A running registry.
struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Storage {
    /// With all images of the project, pushed through a registry that asks for nothing.
    fn new() -> (Self, Server) {
        let storage = Self { folder: tempfile::tempdir().unwrap() };
        let server = storage.serve("", "http");
        for tag in ["24.21.0-trixie-slim", "24.22.0-trixie-slim", "25.0.0-trixie-slim"] {
            push(server.port, NODE, tag, &["amd64", "arm64"]);
        }
        push(server.port, NODE, "24.23.0-trixie-slim", &["amd64"]);
        push(server.port, DISTROLESS, "nonroot", &["amd64", "arm64"]);
        push(server.port, "library/debian", "trixie-20260918-slim", &["amd64", "arm64", "s390x"]);
        (storage, server)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a registry with more configuration, and waits until it answers.
    fn serve(&self, more: &str, scheme: &str) -> Server {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let images = self.path("images");
        let config = self.path(&format!("{port}.yml"));
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\nhttp:\n  addr: 127.0.0.1:{port}\n{more}",
            images.display()
        );
        std::fs::write(&config, text).unwrap();
        let program = std::env::var("DOCKWRIGHT_REGISTRY").unwrap_or_else(|_| "docker-registry".to_owned());
        let mut command = Command::new(&program);
        command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Server { process: command.spawn().unwrap_or_else(|error| panic!("{program}: {error}")), port };
        let answers = || {
            let any = ureq::tls::TlsConfig::builder().disable_verification(true).build();
            let agent = ureq::Agent::config_builder().tls_config(any).http_status_as_error(false).proxy(None).build().new_agent();
            agent.get(format!("{scheme}://127.0.0.1:{port}/v2/")).call().is_ok()
        };
        for _ in 0..100 {
            if answers() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{program} does not answer on {port}");
    }

    /// An authority of our own, and a certificate of it for this machine.
    fn certificates(&self) {
        std::fs::write(self.path("san"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
        let openssl = |words: &str| {
            let output = Command::new("openssl").args(words.split_whitespace()).current_dir(self.folder.path()).output().unwrap();
            assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
        };
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem");
        openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout tls.key -out tls.csr");
        openssl("x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out tls.pem");
    }
}

/// Puts an index with images of these architectures into a registry, as a client would.
fn push(port: u16, repository: &str, tag: &str, architectures: &[&str]) {
    let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
    let base = format!("http://127.0.0.1:{port}/v2/{repository}");
    let put = |name: &str, kind: &str, body: &str| {
        agent.put(format!("{base}/manifests/{name}")).content_type(format!("application/vnd.oci.image.{kind}.v1+json")).send(body).unwrap();
    };
    let parts = architectures.iter().map(|architecture| {
        let config = serde_json::json!({"os": "linux", "architecture": architecture, "history": [{"comment": tag}]}).to_string();
        let upload = agent.post(format!("{base}/blobs/uploads/")).send_empty().unwrap();
        let location = upload.headers()["location"].to_str().unwrap();
        agent.put(format!("{location}&digest={}", digest_of(config.as_bytes()))).content_type("application/octet-stream").send(&config).unwrap();
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [],
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(config.as_bytes()), "size": config.len()},
        })
        .to_string();
        let digest = digest_of(manifest.as_bytes());
        put(&digest, "manifest", &manifest);
        serde_json::json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": manifest.len(),
            "platform": {"os": "linux", "architecture": architecture},
        })
    });
    let parts: Vec<_> = parts.collect();
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": parts});
    put(tag, "index", &index.to_string());
}

/// Whether all images are pinned to what the registry holds.
#[track_caller]
fn assert_pinned(project: &Project) {
    assert_eq!(project.tag("node"), "24.22.0-trixie-slim");
    let lock = project.read("dockwright.lock");
    assert_eq!(lock.matches("seen = \"2026-11-24\"").count(), 3, "{lock}");
    project.ok(&["check"]);
}

#[test]
fn anonymous() {
    let (_storage, server) = Storage::new();
    let project = Project::new(&format!("http://127.0.0.1:{}", server.port), &[]);
    let said = project.ok(&["pin"]);
    assert!(said.stderr.contains("node:24.22.0-trixie-slim sha256:"), "{}", said.stderr);
    assert_pinned(&project);
    let said = project.ok(&["pin"]);
    assert_eq!(said.stderr.matches("current").count(), 3, "{}", said.stderr);
}

#[test]
fn with_a_name_and_a_password() {
    let (storage, _server) = Storage::new();
    std::fs::write(storage.path("htpasswd"), HTPASSWD).unwrap();
    let server = storage.serve(&format!("auth:\n  htpasswd: {{realm: test, path: {}}}\n", storage.path("htpasswd").display()), "http");
    let project = Project::new(&format!("http://127.0.0.1:{}", server.port), &[]);
    project.refuses(&["pin"], 1, "docker login");
    project.write("docker/config.json", &format!(r#"{{"auths": {{"127.0.0.1:{}": {{"auth": "{AUTH}"}}}}}}"#, server.port));
    project.ok(&["pin"]);
    assert_pinned(&project);
}

#[test]
fn with_tokens_of_another_service() {
    let (storage, _server) = Storage::new();
    storage.certificates();
    let tokens = Registry::start();
    let folder = storage.folder.path().to_owned();
    tokens.intercept(move |request| {
        let known = request.header("authorization") == Some(&format!("Basic {AUTH}"));
        let scope = request.path.split("scope=repository:").nth(1)?.split(':').next()?.to_owned();
        Some(if known { Reply::body(&serde_json::json!({"access_token": jwt(&folder, &scope)}).to_string()) } else { Reply::status(401) })
    });
    let auth = format!(
        "auth:\n  token: {{realm: \"{}/token\", service: test, issuer: test, rootcertbundle: {}}}\n",
        tokens.url(),
        storage.path("ca.pem").display()
    );
    let server = storage.serve(&auth, "http");
    let project = Project::new(&format!("http://127.0.0.1:{}", server.port), &[]);
    project.refuses(&["pin"], 1, "gives no token");
    project.write("docker/config.json", &format!(r#"{{"auths": {{"127.0.0.1:{}": {{"auth": "{AUTH}"}}}}}}"#, server.port));
    project.ok(&["pin"]);
    assert_pinned(&project);
}

/// A token that allows to pull one repository, signed by the authority.
fn jwt(folder: &Path, repository: &str) -> String {
    let der = Command::new("openssl").args(["x509", "-in", "ca.pem", "-outform", "DER"]).current_dir(folder).output().unwrap().stdout;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let header = serde_json::json!({"typ": "JWT", "alg": "RS256", "x5c": [STANDARD.encode(der)]});
    let claims = serde_json::json!({
        "iss": "test", "sub": "alice", "aud": "test", "exp": now + 300, "nbf": now - 60, "iat": now, "jti": now.to_string(),
        "access": [{"type": "repository", "name": repository, "actions": ["pull"]}],
    });
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let input = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(input.path(), &text).unwrap();
    let signed = Command::new("openssl").args(["dgst", "-sha256", "-sign", "ca.key"]).arg(input.path()).current_dir(folder).output().unwrap();
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signed.stdout))
}

#[test]
fn over_tls_with_a_private_authority() {
    let (storage, _server) = Storage::new();
    storage.certificates();
    let tls = format!("  tls: {{certificate: {}, key: {}}}\n", storage.path("tls.pem").display(), storage.path("tls.key").display());
    let server = storage.serve(&tls, "https");
    let project = Project::new(&format!("https://localhost:{}", server.port), &[]);
    // Nobody vouches for it.
    project.refuses(&["pin"], 7, "certificate");
    let mut command = project.command(&["pin"]);
    command.env("SSL_CERT_FILE", storage.path("ca.pem"));
    let said = said(command);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_pinned(&project);
    // A registry of this machine is asked over TLS where it speaks TLS, without being told.
    let project = Project::new(&format!("localhost:{}", server.port), &[]);
    project.refuses(&["pin"], 7, "certificate");
}

/// The command of a release: rows get what the registry holds today, and nothing else changes.
#[test]
fn the_catalog_is_rebuilt() {
    let (storage, server) = Storage::new();
    let catalog = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog/images.toml")).unwrap();
    let (head, rows) = catalog.split_once("[[image]]").unwrap();
    let rows = rows.split("[[image]]").filter(|row| row.contains("library/node\"") && row.contains("tag = \"24.21.0-trixie-slim\""));
    let file = storage.path("images.toml");
    std::fs::write(&file, format!("{head}[[image]]{}", rows.collect::<String>())).unwrap();
    let example = Path::new(env!("CARGO_BIN_EXE_dockwright")).with_file_name("examples").join("catalog");
    let mut command = Command::new(example);
    command.arg("refresh").arg(&file).env("DOCKWRIGHT_MIRRORS", format!("docker.io=http://127.0.0.1:{}", server.port));
    let said = said(command);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    // 24.23.0 is there for amd64 alone.
    for line in ["tag = \"24.22.0-trixie-slim\"", "version = \"24.22.0\"", "evidence = \"registry\"", "floating = \"24-trixie-slim\""] {
        assert!(text.contains(line), "`{line}` is not in {text}");
    }
    assert!(text.contains("platforms = [\"linux/amd64\", \"linux/arm64\"]"), "{text}");
}

/// The same commands with and without a network say and write the same.
#[test]
fn no_other_command_uses_the_network() {
    let project = Project::new("http://127.0.0.1:9", &[]);
    let commands: &[&[&str]] = &[
        &["init", "--yes"], &["detect", "--format", "json"], &["check"], &["diff"], &["update", "--yes"], &["questions"], &["audit"],
        &["pin", "--offline"], &["pin", "--check"],
    ];
    let alone = |arguments: &[&str]| {
        let own = project.command(arguments);
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net"]).arg(own.get_program()).args(own.get_args());
        said(command)
    };
    for arguments in commands {
        let (with, without) = (project.run(arguments), alone(arguments));
        assert_eq!((with.code, &with.stdout, &with.stderr), (without.code, &without.stdout, &without.stderr), "{arguments:?}");
        assert!(with.code <= 1, "{arguments:?}: {}", with.stderr);
    }
    assert_eq!(alone(&["pin"]).code, 7, "and there, a registry is out of reach");
}
