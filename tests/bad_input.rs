//! Bad input: a message that points into the file and says what to do, the contract's exit code, and not one file changed.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod project;

use std::io::Write as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use project::{Project, tree};

const INIT: &[&str] = &["init", "--yes"];

fn app() -> Project {
    Project::new(&[
        ("package.json", r#"{"name": "web", "scripts": {"start": "node server.js"}}"#),
        ("server.js", "require('http').createServer().listen(3000)\n"),
    ])
}

/// Fails with exit 4 and points at the line.
#[track_caller]
fn broken(files: &[(&str, &str)], place: &str) {
    let said = Project::new(files).fails(INIT, 4, place);
    assert!(said.stderr.contains("hint: "), "no advice: {}", said.stderr);
    assert!(said.stdout.is_empty(), "{}", said.stdout);
}

#[test]
fn broken_json_is_pointed_at() {
    broken(&[("package.json", "{\n  \"name\": \"web\",\n  \"scripts\": {,}\n}\n")], "package.json:3:");
    broken(&[("package.json", "")], "package.json");
    broken(&[("package.json", "[]")], "package.json");
}

#[test]
fn broken_toml_is_pointed_at() {
    broken(&[("pyproject.toml", "[project]\nname = \"x\nversion = 1\n"), ("main.py", "")], "pyproject.toml:2:");
}

#[test]
fn a_broken_file_of_answers_is_pointed_at() {
    let project = app();
    project.write("a.toml", "port = 1\nport = 2\n");
    let file = project.0.path().join("a.toml");
    project.fails(&["init", "--yes", "--answers", file.to_str().unwrap()], 2, ":2:");
    project.fails(&["init", "--yes", "--answers", "/nowhere/a.toml"], 2, "cannot be read");
}

#[test]
fn a_manifest_of_100_mb_is_refused_at_once() {
    let project = app();
    let file = std::fs::File::create(project.0.path().join("package.json")).unwrap();
    file.set_len(100 * 1024 * 1024).unwrap();
    let begin = std::time::Instant::now();
    // The tree is not compared by content here: the file is sparse, and reading it would take longer than the program.
    let said = project.run(INIT);
    assert_eq!(said.code, 4, "{}", said.stderr);
    assert!(said.stderr.contains("`package.json` is 104 MB"), "{}", said.stderr);
    assert!(begin.elapsed().as_secs() < 5, "it was read");
    assert!(!project.has("Dockerfile"));
}

#[test]
fn a_loop_of_links_ends() {
    let project = app();
    symlink("..", project.0.path().join("up")).unwrap();
    std::fs::create_dir(project.0.path().join("a")).unwrap();
    symlink("../a", project.0.path().join("a/a")).unwrap();
    symlink("self", project.0.path().join("self")).unwrap();
    let said = project.run(INIT);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(project.has("Dockerfile"));
}

#[test]
fn what_cannot_be_read_is_said() {
    // A link to nothing and a folder in the manifest's place fail for root too.
    let project = Project::new(&[("server.js", "")]);
    symlink("nowhere.json", project.0.path().join("package.json")).unwrap();
    let said = project.run(INIT);
    assert_eq!(said.code, 4, "{}", said.stderr);
    assert!(said.stderr.contains("`package.json` cannot be read") && said.stderr.contains("hint: "), "{}", said.stderr);
    assert!(!project.has("Dockerfile"));
}

#[test]
fn a_manifest_without_the_right_to_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = app();
    let manifest = project.0.path().join("package.json");
    std::fs::set_permissions(&manifest, std::fs::Permissions::from_mode(0o000)).unwrap();
    let said = project.run(INIT);
    // Root may read everything: then there is nothing to refuse, and the run is as any other.
    if std::fs::read(&manifest).is_ok() {
        assert_eq!(said.code, 0, "{}", said.stderr);
    } else {
        assert_eq!(said.code, 4, "{}", said.stderr);
        assert!(said.stderr.contains("`package.json` cannot be read") && !project.has("Dockerfile"), "{}", said.stderr);
    }
}

#[test]
fn names_that_are_not_utf8_are_left_alone() {
    let project = app();
    let odd = std::ffi::OsString::from_vec(b"caf\xe9.js".to_vec());
    std::fs::write(project.0.path().join(&odd), "x").unwrap();
    std::fs::create_dir(project.0.path().join(std::ffi::OsString::from_vec(b"d\xff".to_vec()))).unwrap();
    assert_eq!(project.run(INIT).code, 0);
    assert!(project.0.path().join(&odd).exists());
}

#[test]
fn a_manifest_that_is_not_utf8_is_no_crash() {
    let project = app();
    std::fs::write(project.0.path().join("package.json"), b"{\"name\": \"caf\xe9\", \"scripts\": {\"start\": \"node server.js\"}}").unwrap();
    let said = project.run(INIT);
    assert!(matches!(said.code, 0 | 4), "{}: {}", said.code, said.stderr);
}

#[test]
fn nothing_leaves_the_project_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("victim"), "theirs\n").unwrap();
    for name in ["Dockerfile", ".dockerignore", "dockwright.toml", "dockwright.lock"] {
        let project = app();
        symlink(outside.path().join("victim"), project.0.path().join(name)).unwrap();
        for arguments in [INIT, &["init", "--yes", "--force"]] {
            let said = project.run(arguments);
            assert_eq!(said.code, 6, "{name}: {}", said.stderr);
            assert!(said.stderr.contains(&format!("`{name}` is a symbolic link")), "{}", said.stderr);
            assert_eq!(std::fs::read_to_string(outside.path().join("victim")).unwrap(), "theirs\n");
        }
    }
    // A manifest that is a link out of the project is not followed either.
    let project = Project::new(&[("server.js", "")]);
    std::fs::write(outside.path().join("package.json"), "{\"name\": \"theirs\"}").unwrap();
    symlink(outside.path().join("package.json"), project.0.path().join("package.json")).unwrap();
    let said = project.run(INIT);
    assert_eq!(said.code, 6, "{}", said.stderr);
    assert!(said.stderr.contains("leads out of the project"), "{}", said.stderr);
}

#[test]
fn a_folder_in_the_place_of_a_file() {
    let project = app();
    std::fs::create_dir(project.0.path().join("Dockerfile")).unwrap();
    project.fails(INIT, 6, "`Dockerfile` is not a file");
}

#[test]
fn two_lockfiles_are_said_and_one_is_taken() {
    let project = Project::new(&[
        ("pyproject.toml", "[project]\nname = \"web\"\nversion = \"1\"\ndependencies = []\n"),
        ("uv.lock", "version = 1\nrequires-python = \">=3.12\"\n"),
        ("requirements.txt", "flask==3.1.2\n"),
        ("main.py", "print()\n"),
    ]);
    let said = project.ok(INIT);
    assert!(said.stderr.contains("both `uv.lock` and `requirements.txt` are here: uv is taken"), "{}", said.stderr);
}

#[test]
fn a_misspelt_manifest_is_named() {
    Project::new(&[("requirments.txt", "flask\n"), ("notes.txt", "")]).fails(INIT, 4, "`requirments.txt` is not read; if it is meant to be `requirements.txt`, rename it");
}

#[test]
fn a_folder_that_is_none() {
    let project = app();
    for path in ["/nowhere/at/all", "/dev/null"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_dockwright")).args(["init", "--yes", path]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("is not a folder"));
    }
    drop(project);
}

#[test]
fn the_command_line_itself() {
    let project = app();
    for (arguments, text) in [
        (&["init", "--yes", "--set", "prot=1"][..], "did you mean `port`?"),
        (&["init", "--yes", "--set", "port"], "has no `=`"),
        (&["init", "--yes", "--set", "port=x"], "1024"),
        (&["init", "--yes", "--set", "kind=wbe"], "did you mean `web`?"),
        (&["init", "--yes", "--set", "base=slimm"], "did you mean `slim`?"),
        (&["init", "--yes", "--set", "health=x"], "begins with `/`"),
        (&["init", "--yes", "--set", "start='a"], "quotes in pairs"),
        (&["init", "--yes", "--set", "start=nod server.js"], "does not fit `start`"),
        (&["init", "--yes", "--emit", "dockerfil"], "did you mean `dockerfile`?"),
        (&["init", "--yes", "--stdout", "Dockerfle"], "the files are: "),
        (&["init", "--frce"], "--force"),
        (&["init", "--conflict", "mine"], "new-file"),
    ] {
        project.fails(arguments, 2, text);
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let project = app();
    for arguments in [&["detect"][..], &["detect", "--format", "json"], &["questions"], &["init", "--yes", "--dry-run"]] {
        let mut child = project.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}

#[test]
fn without_home_and_in_ci_it_is_the_same() {
    let project = app();
    let plain = project.ok(&["init", "--yes", "--stdout", "Dockerfile"]).stdout;
    let output = project.command(&["init", "--yes", "--stdout", "Dockerfile"]).env_clear().output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), plain);
    let output = project.command(&["init", "--yes", "--stdout", "Dockerfile"]).env("CI", "true").env("HOME", "/proc/nowhere").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), plain);
}

#[test]
fn all_missing_answers_are_named_at_once_with_their_flags() {
    let project = Project::new(&[("package.json", "{\"name\": \"web\"}"), ("app.js", "run()\n")]);
    let said = project.fails(&["init", "--no-input"], 3, "2 answers are missing");
    assert!(said.stderr.contains("--set kind=") && said.stderr.contains("--set 'start=") || said.stderr.contains("--set start="), "{}", said.stderr);
    // Standard input that is no terminal means the same.
    project.fails(&["init"], 3, "2 answers are missing");
}

#[test]
fn answers_come_through_a_pipe() {
    let project = app();
    let mut child = project.command(&["init", "--no-input", "--answers", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"port = 4321\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(project.read("Dockerfile").contains("EXPOSE 4321"));
}

#[test]
fn a_disk_that_refuses_leaves_everything_as_it_was() {
    // A folder stands where the staging would be: it can be neither replaced nor written through.
    let project = app();
    project.write(".dockwright", "a file of somebody else\n");
    let before = tree(project.0.path());
    let said = project.run(INIT);
    assert!(matches!(said.code, 6 | 7), "{}: {}", said.code, said.stderr);
    assert_eq!(tree(project.0.path()), before);
}
