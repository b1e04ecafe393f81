//! A project in a folder of its own, and the program run in it.

#![allow(dead_code, reason = "every test file takes what it needs")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A project on disk.
pub struct Project(pub tempfile::TempDir);

/// What a command said.
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn has(&self, path: &str) -> bool {
        self.0.path().join(path).exists()
    }

    pub fn remove(&self, path: &str) {
        let path = self.0.path().join(path);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
    }

    /// Puts a line below the first one, as a user would.
    pub fn edit_top(&self, path: &str, line: &str) {
        let text = self.read(path);
        let (first, rest) = text.split_once('\n').unwrap();
        self.write(path, &format!("{first}\n{line}\n{rest}"));
    }

    /// Appends a line to a file.
    pub fn edit(&self, path: &str, line: &str) {
        let text = self.read(path);
        self.write(path, &format!("{text}{line}\n"));
    }

    /// The command, with the project's path at its end.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockwright"));
        command.args(arguments).arg(self.0.path()).env_remove("CI").env_remove("NO_COLOR");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        Said {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}{}", said.stdout, said.stderr);
        said
    }

    #[track_caller]
    pub fn fails(&self, arguments: &[&str], code: i32, text: &str) -> Said {
        let before = tree(self.0.path());
        let said = self.run(arguments);
        assert_eq!(said.code, code, "{arguments:?}: {}{}", said.stdout, said.stderr);
        assert!(said.stderr.contains(text), "`{text}` is not in: {}", said.stderr);
        assert_eq!(tree(self.0.path()), before, "{arguments:?} changed a file");
        said
    }

    /// The action for each file.
    pub fn actions(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let said = self.run(&[arguments, &["--format", "json"]].concat());
        let json: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", said.stdout, said.stderr));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        json["files"].as_array().unwrap().iter().map(|file| (text(&file["path"]), text(&file["action"]))).collect()
    }
}

/// Every file with its content.
pub fn tree(dir: &Path) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut all = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(tree(&path)) } else { all.insert(path.clone(), std::fs::read(&path).unwrap()); }
    }
    all
}
