//! Bad input: a message that points into the file and says what to do, the contract's exit code, and not one file changed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use assert_cmd::Command;

const EXPRESS: &str = r#"{"name": "web", "scripts": {"start": "node server.js"}, "dependencies": {"express": "4.21.2"}}"#;
const SERVER: &str = "require('express')().listen(3000)\n";

/// A project on disk.
struct Case(tempfile::TempDir);

/// What a run said and did.
struct Outcome {
    code: i32,
    stderr: String,
    stdout: String,
    changed: bool,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Self {
        let case = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            let path = case.0.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        case
    }

    fn express() -> Self {
        Self::new(&[("package.json", EXPRESS), ("server.js", SERVER)])
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let before = tree(self.0.path());
        let output = Command::cargo_bin("dockwright")
            .unwrap()
            .args(arguments)
            .arg(self.0.path())
            .timeout(std::time::Duration::from_secs(20))
            .output()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            changed: before != tree(self.0.path()),
        }
    }

    /// Fails with the code, says every one of `texts`, and changes nothing.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], code: i32, texts: &[&str]) {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, code, "{}", outcome.stderr);
        for text in texts {
            assert!(outcome.stderr.contains(text), "`{text}` is not in:\n{}", outcome.stderr);
        }
        assert!(!outcome.changed, "a file changed");
    }

    /// Writes the files.
    #[track_caller]
    fn works(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert!(self.path("Dockerfile").is_file());
        outcome
    }
}

/// Every path with its content, or what it is when it cannot be read.
fn tree(dir: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            all.extend(tree(&entry.path()));
        } else {
            let size = entry.metadata().unwrap().len();
            let bytes = if size > 10_000_000 { size.to_be_bytes().to_vec() } else { std::fs::read(entry.path()).unwrap_or_default() };
            all.insert(entry.path(), bytes);
        }
    }
    all
}

const INIT: &[&str] = &["init", "--yes"];

#[test]
fn broken_json_is_pointed_at() {
    let case = Case::new(&[("package.json", "{\n  \"name\": \"web\",\n  \"scripts\": {,}\n}\n")]);
    case.refuses(INIT, 4, &["package.json:3:15", "\"scripts\": {,}", "not valid JSON", "hint: mend `package.json`"]);
}

#[test]
fn broken_toml_is_pointed_at() {
    let case = Case::new(&[("pyproject.toml", "[project]\nname = \"web\nversion = 1\n"), ("main.py", "print(1)\n")]);
    case.refuses(INIT, 4, &["pyproject.toml:2:", "not valid TOML", "hint: mend `pyproject.toml`"]);
    let case = Case::new(&[("Cargo.toml", "[package\nname = 'a'\n"), ("src/main.rs", "fn main() {}\n")]);
    case.refuses(INIT, 4, &["Cargo.toml:1:", "not valid TOML"]);
}

#[test]
fn broken_yaml_is_no_reason_to_fall_over() {
    let lock = "lockfileVersion: '9.0'\nimporters:\n  .: [\n";
    let case = Case::new(&[("package.json", EXPRESS), ("server.js", SERVER), ("pnpm-lock.yaml", lock)]);
    let outcome = case.run(INIT);
    assert!(matches!(outcome.code, 0 | 4), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("pnpm-lock.yaml"), "{}", outcome.stderr);
}

#[test]
fn broken_xml_is_pointed_at() {
    let case = Case::new(&[("pom.xml", "<project>\n  <artifactId>web</artifact>\n</project>\n")]);
    case.refuses(INIT, 4, &["pom.xml:2:", "not valid XML", "hint: mend `pom.xml`"]);
}

#[test]
fn a_huge_manifest_is_not_read() {
    let case = Case::new(&[]);
    std::fs::File::create(case.path("package.json")).unwrap().set_len(100_000_000).unwrap();
    case.refuses(INIT, 4, &["`package.json` is 100 MB", "hint:"]);
}

#[test]
fn folders_that_loop_by_links_end() {
    let case = Case::express();
    std::fs::create_dir(case.path("lib")).unwrap();
    symlink("..", case.path("lib/up")).unwrap();
    symlink(".", case.path("here")).unwrap();
    case.works(INIT);
}

#[test]
fn an_unreadable_manifest_is_named() {
    let case = Case::express();
    std::fs::set_permissions(case.path("package.json"), std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if std::fs::read(case.path("package.json")).is_err() {
        case.refuses(INIT, 4, &["`package.json` cannot be read", "permission denied", "hint:"]);
    }
}

#[test]
fn a_manifest_that_is_a_folder_is_no_manifest() {
    let case = Case::new(&[("package.json/x", "")]);
    case.refuses(INIT, 4, &["nothing was recognised"]);
}

#[test]
fn a_manifest_that_leads_out_of_the_project_is_refused() {
    let outside = Case::express();
    let case = Case::new(&[]);
    symlink(outside.path("package.json"), case.path("package.json")).unwrap();
    case.refuses(INIT, 6, &["`package.json` is a link that leads out of the project", "hint:"]);
}

#[test]
fn a_dangling_link_is_named() {
    let case = Case::new(&[]);
    symlink("nowhere", case.path("package.json")).unwrap();
    case.refuses(INIT, 4, &["`package.json` cannot be read", "hint:"]);
}

#[test]
fn names_that_are_not_utf_8_do_no_harm() {
    use std::os::unix::ffi::OsStrExt as _;
    let case = Case::express();
    std::fs::write(case.0.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.js")), "x").unwrap();
    case.works(INIT);
}

#[test]
fn bytes_that_are_not_utf_8_do_no_harm() {
    let case = Case::express();
    std::fs::write(case.path("server.js"), b"// caf\xe9\nrequire('express')().listen(3000)\n").unwrap();
    case.works(INIT);
}

#[test]
fn a_dockerfile_that_is_a_link_out_of_the_project_is_refused() {
    let outside = Case::new(&[("precious", "keep me\n")]);
    let case = Case::express();
    symlink(outside.path("precious"), case.path("Dockerfile")).unwrap();
    for arguments in [INIT, &["init", "--yes", "--force"]] {
        case.refuses(arguments, 6, &["`Dockerfile` is a symbolic link", "hint:"]);
    }
    assert_eq!(std::fs::read_to_string(outside.path("precious")).unwrap(), "keep me\n");
}

#[test]
fn somebody_elses_dockerfile_is_refused_and_kept_on_force() {
    let case = Case::express();
    std::fs::write(case.path("Dockerfile"), "FROM scratch\n").unwrap();
    case.refuses(INIT, 6, &["`Dockerfile` exists", "--force", "--stdout Dockerfile"]);
    case.works(&["init", "--yes", "--force"]);
    assert_eq!(std::fs::read_to_string(case.path("Dockerfile.orig")).unwrap(), "FROM scratch\n");
}

#[test]
fn an_empty_folder_is_said_to_be_empty() {
    Case::new(&[]).refuses(INIT, 4, &["is empty", "hint:"]);
}

#[test]
fn a_folder_that_is_none_is_a_usage_error() {
    let output = Command::cargo_bin("dockwright").unwrap().args(["init", "--yes", "no/such/folder"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`no/such/folder` is not a folder"));
}

#[test]
fn of_two_lockfiles_one_wins_and_the_other_is_named() {
    let case = Case::new(&[
        ("package.json", EXPRESS),
        ("server.js", SERVER),
        ("yarn.lock", "# yarn lockfile v1\n"),
        ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {}}"#),
    ]);
    let outcome = case.works(INIT);
    assert!(outcome.stderr.contains("yarn.lock") && outcome.stderr.contains("package-lock.json"), "{}", outcome.stderr);
}

#[test]
fn a_misspelt_manifest_is_told() {
    let case = Case::new(&[("requirments.txt", "flask\n")]);
    case.refuses(INIT, 4, &["`requirments.txt`", "`requirements.txt`"]);
    let case = Case::new(&[("pakcage.json", EXPRESS)]);
    case.refuses(INIT, 4, &["`pakcage.json`", "`package.json`"]);
}

#[test]
fn a_stack_that_is_not_supported_is_named() {
    Case::new(&[("Gemfile", "source 'x'\n")]).refuses(INIT, 4, &["Ruby", "not supported yet"]);
}

#[test]
fn wrong_flags_and_answers_say_what_fits() {
    let case = Case::express();
    case.refuses(&["init", "--yes", "--set", "prot=1"], 2, &["there is no answer `prot`", "did you mean `port`?"]);
    case.refuses(&["init", "--yes", "--set", "port=80"], 2, &["`80` does not fit `port`", "1024"]);
    case.refuses(&["init", "--yes", "--set", "port"], 2, &["has no `=`", "KEY=VALUE"]);
    case.refuses(&["init", "--yes", "--set", "base=windows"], 2, &["distroless, slim or alpine"]);
    case.refuses(&["init", "--yes", "--stdout", "Makefile"], 2, &["`Makefile` is not among", "Dockerfile"]);
    case.refuses(&["init", "--dryrun"], 2, &["--dry-run"]);
}

#[test]
fn without_a_terminal_every_missing_answer_is_named_at_once() {
    let case = Case::new(&[("package.json", r#"{"name": "web", "dependencies": {"express": "4.21.2"}}"#), ("app.js", "run()\n")]);
    for arguments in [&["init"][..], &["init", "--no-input"]] {
        case.refuses(arguments, 3, &["nobody can be asked", "--set 'start=node app.js'", "--set port=3000", "--yes"]);
    }
}

#[test]
fn stdout_holds_the_file_and_nothing_else() {
    let case = Case::express();
    let outcome = case.run(&["init", "--yes", "--stdout", "Dockerfile"]);
    assert_eq!(outcome.code, 0);
    assert!(outcome.stdout.starts_with("# ") && outcome.stdout.contains("\nFROM "), "{}", outcome.stdout);
    assert!(!outcome.changed);
}

#[test]
fn a_dry_run_writes_nothing() {
    let case = Case::express();
    let outcome = case.run(&["init", "--yes", "--dry-run"]);
    assert_eq!(outcome.code, 0);
    assert!(!outcome.changed);
}

#[test]
fn a_second_run_changes_nothing() {
    let case = Case::express();
    case.works(INIT);
    assert!(!case.run(INIT).changed);
}
