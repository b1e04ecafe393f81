//! A project that dockwright has written files for, and whose registries are all at one address.

use std::process::Command;

pub const NODE: &str = "library/node";
pub const DISTROLESS: &str = "distroless/nodejs24-debian13";

/// An Express app: built on node, run on distroless, with an init from debian.
pub struct Project {
    pub folder: tempfile::TempDir,
    mirror: String,
}

/// What a command said.
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    pub fn new(mirror: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = [
            ("package.json", r#"{"name": "web", "dependencies": {"express": "5.1.0"}, "scripts": {"start": "node server.js"}}"#),
            ("package-lock.json", r#"{"name": "web", "lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "5.1.0"}}}}"#),
            ("server.js", "require('express')().listen(3000)\n"),
        ];
        for (path, text) in own.iter().chain(files) {
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        let project = Self { folder, mirror: mirror.to_owned() };
        project.ok(&["init", "--yes"]);
        project
    }

    /// On 2026-11-24, with no credentials, authorities or proxies but those of the test.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockwright"));
        let mirror = &self.mirror;
        command.args(arguments).arg(self.folder.path());
        command.env("DOCKWRIGHT_MIRRORS", format!("docker.io={mirror},gcr.io={mirror},registry.example.org={mirror}/hub,snapshot.debian.org={mirror}"));
        command.env("DOCKER_CONFIG", self.folder.path().join("docker"));
        command.env("SOURCE_DATE_EPOCH", "1795478400").env("DOCKWRIGHT_TIMEOUT", "2");
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command.env_remove("REGISTRY_AUTH_FILE").env_remove("XDG_RUNTIME_DIR");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments))
    }

    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}{}", said.stdout, said.stderr);
        said
    }

    /// Ends with this code, says this, and changes not one byte.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], code: i32, text: &str) -> Said {
        let before = (self.read("Dockerfile"), self.read("dockwright.lock"));
        let said = self.run(arguments);
        assert_eq!(said.code, code, "{arguments:?}: {}{}", said.stdout, said.stderr);
        assert!(said.stderr.contains(text), "`{text}` is not in: {}", said.stderr);
        assert_eq!((self.read("Dockerfile"), self.read("dockwright.lock")), before);
        said
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The `FROM` lines.
    pub fn from(&self) -> Vec<String> {
        let images = self.read("Dockerfile");
        images.lines().filter(|line| line.starts_with("FROM") && line.contains(':')).map(str::to_owned).collect()
    }

    /// Tag of an image in the Dockerfile.
    pub fn tag(&self, name: &str) -> String {
        let text = self.read("Dockerfile");
        let after = text.split(&format!("FROM {name}:")).nth(1).unwrap_or_else(|| panic!("{name} is not in {text}"));
        after.split(['@', ' ']).next().unwrap().to_owned()
    }
}

/// Runs a command to its end.
pub fn said(mut command: Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
