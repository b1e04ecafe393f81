//! A registry of images in this process: the distribution API as far as `pin` uses it, and answers that a test puts before it.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod project;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// `sha256:...` of bytes.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// An image.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its index or manifest.
    pub manifest: String,
    config: Option<String>,
}

impl Image {
    /// An index of these platforms; the content differs from call to call.
    pub fn index(platforms: &[&str]) -> Self {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let part = |platform: &&str| {
            let (os, architecture) = platform.split_once('/').unwrap();
            let digest = digest_of(format!("{platform} {number}").as_bytes());
            serde_json::json!({"digest": digest, "size": 1, "mediaType": "application/vnd.oci.image.manifest.v1+json", "platform": {"os": os, "architecture": architecture}})
        };
        let manifests: Vec<_> = platforms.iter().map(part).collect();
        let index = serde_json::json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests});
        Self { manifest: index.to_string(), config: None }
    }

    /// A manifest without an index.
    pub fn single(os: &str, architecture: &str) -> Self {
        let config = serde_json::json!({"os": os, "architecture": architecture}).to_string();
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [],
            "config": {"digest": digest_of(config.as_bytes()), "size": config.len(), "mediaType": "application/vnd.oci.image.config.v1+json"},
        });
        Self { manifest: manifest.to_string(), config: Some(config) }
    }
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    raw: Option<String>,
    pause: Duration,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), raw: None, pause: Duration::ZERO }
    }

    pub fn body(body: impl AsRef<[u8]>) -> Self {
        Self { body: body.as_ref().to_owned(), ..Self::status(200) }
    }

    /// These bytes and no more.
    pub fn raw(text: &str) -> Self {
        Self { raw: Some(text.to_owned()), ..Self::status(200) }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn after(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }
}

type Intercept = Box<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

#[derive(Default)]
struct State {
    images: BTreeMap<(String, String), Image>,
    account: Option<(String, String)>,
    page: usize,
    requests: Vec<Request>,
}

/// A registry on a port of this machine, until the test ends.
pub struct Registry {
    port: u16,
    state: Arc<Mutex<State>>,
    intercept: Arc<Mutex<Option<Intercept>>>,
}

impl Registry {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let registry = Self { port: listener.local_addr().unwrap().port(), state: Arc::default(), intercept: Arc::default() };
        let (state, intercept, url) = (registry.state.clone(), registry.intercept.clone(), registry.url());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, intercept, url) = (state.clone(), intercept.clone(), url.clone());
                std::thread::spawn(move || answer(&stream, &state, &intercept, &url));
            }
        });
        registry
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn put(&self, repository: &str, tag: &str, image: Image) {
        self.state.lock().unwrap().images.insert((repository.to_owned(), tag.to_owned()), image);
    }

    pub fn digest(&self, repository: &str, tag: &str) -> String {
        digest_of(self.state.lock().unwrap().images[&(repository.to_owned(), tag.to_owned())].manifest.as_bytes())
    }

    /// From now on a token is needed, which this account gets.
    pub fn protect(&self, name: &str, password: &str) {
        self.state.lock().unwrap().account = Some((name.to_owned(), password.to_owned()));
    }

    /// Tags come in pages of this size.
    pub fn page_size(&self, size: usize) {
        self.state.lock().unwrap().page = size;
    }

    /// Asked first; `None` leaves the answer to the registry.
    pub fn intercept(&self, reply: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) {
        *self.intercept.lock().unwrap() = Some(Box::new(reply));
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }
}

fn answer(stream: &TcpStream, state: &Mutex<State>, intercept: &Mutex<Option<Intercept>>, url: &str) {
    let Some(request) = read(stream) else { return };
    state.lock().unwrap().requests.push(request.clone());
    let intercepted = intercept.lock().unwrap().as_ref().and_then(|intercept| intercept(&request));
    let reply = intercepted.unwrap_or_else(|| state.lock().unwrap().reply(&request, url));
    std::thread::sleep(reply.pause);
    let bytes = reply.raw.map(String::into_bytes).unwrap_or_else(|| {
        let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", reply.status, reply.body.len());
        let body = if request.method == "HEAD" { Vec::new() } else { reply.body };
        [head.into_bytes(), body].concat()
    });
    let mut stream = stream;
    let _ = stream.write_all(&bytes);
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let request = Request { method, path, headers };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(request)
}

impl State {
    fn reply(&self, request: &Request, url: &str) -> Reply {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        if let Some((name, password)) = &self.account {
            use base64::Engine as _;
            let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")));
            let authorization = request.header("authorization");
            if path == "/token" {
                assert!(query.contains("service=test") && query.contains("scope=repository:"), "{query}");
                return if authorization == Some(&basic) { Reply::body(r#"{"token": "t0ken"}"#) } else { Reply::status(401) };
            }
            if authorization != Some("Bearer t0ken") {
                let scope = format!("repository:{}:pull", path.trim_start_matches("/v2/").split("/manifests").next().unwrap_or_default());
                return Reply::status(401).header("WWW-Authenticate", &format!(r#"Bearer realm="{url}/token",service="test",scope="{scope}""#));
            }
        }
        let path = path.strip_prefix("/v2/").unwrap_or_default();
        if let Some(repository) = path.strip_suffix("/tags/list") {
            return self.tags(repository, query);
        }
        let found = path.split_once("/manifests/").and_then(|(repository, tag)| self.images.get(&(repository.to_owned(), tag.to_owned())));
        if let Some(image) = found {
            return Reply::body(&image.manifest).header("Docker-Content-Digest", &digest_of(image.manifest.as_bytes()));
        }
        let blob = path.split_once("/blobs/").map(|(_, digest)| digest);
        let config = self.images.values().filter_map(|image| image.config.as_ref()).find(|config| blob == Some(&digest_of(config.as_bytes())));
        config.map_or_else(|| Reply::status(404), |config| Reply::body(config))
    }

    fn tags(&self, repository: &str, query: &str) -> Reply {
        let mut tags: Vec<&str> = self.images.keys().filter(|(known, _)| known == repository).map(|(_, tag)| tag.as_str()).collect();
        if tags.is_empty() {
            return Reply::status(404);
        }
        if let Some(last) = query.split('&').find_map(|part| part.strip_prefix("last=")) {
            tags.retain(|tag| *tag > last);
        }
        let page = if self.page == 0 { tags.len() } else { self.page.min(tags.len()) };
        let body = serde_json::json!({"name": repository, "tags": tags[..page]}).to_string();
        match tags.get(page) {
            Some(_) => Reply::body(&body).header("Link", &format!("</v2/{repository}/tags/list?last={}&n={page}>; rel=\"next\"", tags[page - 1])),
            None => Reply::body(&body),
        }
    }
}

/// A proxy that tunnels every host to one address. Returns its own address, and counts the tunnels.
pub fn proxy(to: String, tunnels: Arc<std::sync::atomic::AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let request = read(&client).unwrap();
            assert_eq!(request.method, "CONNECT");
            tunnels.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let mut server = TcpStream::connect(&to).unwrap();
            let (mut from, mut into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut into));
            std::thread::spawn(move || std::io::copy(&mut server, &mut client));
        }
    });
    address
}
