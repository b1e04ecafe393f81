//! The prompts in a real terminal: answers, leaving, a file in the way, a narrow window, no colour.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect as _, Session};

const ENTER: &str = "\r";
const CTRL_C: &str = "\x03";
const ESCAPE: &str = "\x1b";

/// A program of which no file says what it is.
fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("package.json"), r#"{"name": "web"}"#).unwrap();
    std::fs::write(dir.path().join("app.js"), "run()\n").unwrap();
    dir
}

fn start(dir: &Path, arguments: &[&str]) -> OsSession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockwright"));
    command.args(arguments).current_dir(dir).env("TERM", "xterm").env_remove("NO_COLOR").env_remove("CI");
    let mut session = Session::spawn(command).unwrap();
    session.get_process_mut().set_window_size(100, 40).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session
}

/// Waits for each text and types what belongs to it.
fn talk(session: &mut OsSession, script: &[(&str, &str)]) {
    for (text, answer) in script {
        session.expect(*text).unwrap_or_else(|error| panic!("waiting for `{text}`: {error}"));
        // The prompt is drawn before it reads.
        std::thread::sleep(Duration::from_millis(100));
        session.send(*answer).unwrap();
    }
}

/// The rest of the output and the exit code.
fn end(mut session: OsSession) -> (String, i32) {
    let rest = session.expect(Eof).unwrap();
    let text = String::from_utf8_lossy(rest.as_bytes()).into_owned();
    match session.get_process().wait().unwrap() {
        WaitStatus::Exited(_, code) => (text, code),
        other => panic!("{other:?}"),
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A job is the guess.
const ANSWERS: &[(&str, &str)] = &[
    ("Kind of service", "web\r"),
    ("Version of node", ENTER),
    ("Start command", ENTER),
    ("Port", "4000\r"),
];

#[test]
fn what_no_file_says_is_asked_and_then_the_files_are_shown() {
    let dir = project();
    let mut session = start(dir.path(), &[]);
    talk(&mut session, ANSWERS);
    talk(&mut session, &[("Write", ENTER)]);
    let (text, code) = end(session);
    assert_eq!(code, 0, "{text}");
    let dockerfile = std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("EXPOSE 4000"), "{dockerfile}");
    // The answers are kept, and asked no more by `update`.
    let answers = std::fs::read_to_string(dir.path().join("dockwright.toml")).unwrap();
    assert!(answers.contains("port = 4000"), "{answers}");
    let (text, code) = end(start(dir.path(), &["update"]));
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("Port:"), "{text}");
}

#[test]
fn init_asks_again_with_the_old_answer_as_the_default() {
    let dir = project();
    let mut session = start(dir.path(), &[]);
    talk(&mut session, ANSWERS);
    talk(&mut session, &[("Write", ENTER)]);
    end(session);
    let mut session = start(dir.path(), &[]);
    talk(&mut session, &[("Kind of service", ENTER), ("Version", ENTER), ("Start", ENTER), ("(4000)", "4001\r"), ("Write", ENTER)]);
    let (text, code) = end(session);
    assert_eq!(code, 0, "{text}");
    assert!(std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap().contains("EXPOSE 4001"));
}

#[test]
fn leaving_at_any_question_writes_nothing() {
    for questions in 0..=ANSWERS.len() {
        for key in [CTRL_C, ESCAPE] {
            // Escape leaves where there is nothing to go back to.
            if key == ESCAPE && (1..ANSWERS.len()).contains(&questions) {
                continue;
            }
            let dir = project();
            let before = names(dir.path());
            let mut session = start(dir.path(), &[]);
            talk(&mut session, &ANSWERS[..questions]);
            let next = ANSWERS.get(questions).map_or("Write", |(text, _)| text);
            talk(&mut session, &[(next, key)]);
            let (text, code) = end(session);
            assert_eq!(code, 130, "{text}");
            assert!(text.contains("nothing was written"), "{text}");
            assert_eq!(names(dir.path()), before);
        }
    }
}

#[test]
fn escape_goes_back_to_the_question_before() {
    let dir = project();
    std::fs::write(dir.path().join("b.js"), "run()\n").unwrap();
    let mut session = start(dir.path(), &[]);
    talk(&mut session, &ANSWERS[..3]);
    talk(&mut session, &[("Port", ESCAPE), ("Start command", "node b.js\r"), ("Port", "4000\r"), ("Write", ENTER)]);
    let (text, code) = end(session);
    assert_eq!(code, 0, "{text}");
    let dockerfile = std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("b.js") && dockerfile.contains("EXPOSE 4000"), "{dockerfile}");
}

/// A project with files in which the user and the stack changed the same lines at two places.
fn in_conflict() -> tempfile::TempDir {
    let dir = project();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    let manifest = |node: &str| format!(r#"{{"name": "web", "engines": {{"node": "{node}"}}, "scripts": {{"start": "node app.js"}}}}"#);
    write("package.json", &manifest(">=22 <23"));
    write("app.js", "listen(process.env.PORT || 3000)\n");
    let run = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_dockwright")).args(arguments).arg(dir.path()).output().unwrap();
    assert!(run(&["init", "--yes"]).status.success());
    let dockerfile = std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap();
    write("Dockerfile", &dockerfile.replace("EXPOSE 3000", "EXPOSE 3001").replace("PORT=3000", "PORT=3001"));
    write("app.js", "listen(process.env.PORT || 4000)\n");
    dir
}

#[test]
fn a_conflict_is_chosen_hunk_by_hunk_with_a_way_back() {
    let down = "\x1b[B";
    let dir = in_conflict();
    let mut session = start(dir.path(), &["update"]);
    // Theirs, then back, then yours; and dockwright's at the second.
    talk(&mut session, &[("(1 of 2)", down), ("take", ENTER), ("(2 of 2)", down), ("take", down), ("go back", ENTER)]);
    talk(&mut session, &[("(1 of 2)", ENTER), ("(2 of 2)", down), ("take", ENTER), ("Write", ENTER)]);
    let (text, code) = end(session);
    assert_eq!(code, 0, "{text}");
    let dockerfile = std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("PORT=3001") && dockerfile.contains("EXPOSE 4000"), "{dockerfile}");
    assert!(!dir.path().join("Dockerfile.dockwright-new").exists());
}

#[test]
fn a_conflict_may_be_left_or_the_run_cancelled() {
    let dir = in_conflict();
    let before = std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap();
    let files = names(dir.path());
    let mut session = start(dir.path(), &["update"]);
    talk(&mut session, &[("(1 of 2)", ENTER), ("(2 of 2)", CTRL_C)]);
    assert_eq!(end(session).1, 130);
    assert_eq!(names(dir.path()), files);
    let mut session = start(dir.path(), &["update"]);
    talk(&mut session, &[("(1 of 2)", "\x1b[A\r"), ("Write", ENTER)]);
    let (text, code) = end(session);
    assert_eq!(code, 5, "{text}");
    assert!(dir.path().join("Dockerfile.dockwright-new").exists());
    assert_eq!(std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap(), before);
}

#[test]
fn an_empty_folder_is_asked_what_it_will_be() {
    let dir = tempfile::tempdir().unwrap();
    let mut session = start(dir.path(), &[]);
    talk(&mut session, &[("Language", "node\r"), ("Framework", "fastify\r"), ("Port", "4100\r"), ("Version", ENTER)]);
    talk(&mut session, &[("Write", ENTER)]);
    let (text, code) = end(session);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("nothing is here yet"), "{text}");
    let answers = std::fs::read_to_string(dir.path().join("dockwright.toml")).unwrap();
    assert!(answers.contains("fastify") && answers.contains("4100"), "{answers}");
}

#[test]
fn no_at_the_end_writes_nothing() {
    let dir = project();
    let before = names(dir.path());
    let mut session = start(dir.path(), &[]);
    talk(&mut session, ANSWERS);
    talk(&mut session, &[("Write", "n\r")]);
    assert_eq!(end(session).1, 130);
    assert_eq!(names(dir.path()), before);
}

#[test]
fn a_value_that_does_not_fit_is_asked_again() {
    let dir = project();
    let mut session = start(dir.path(), &[]);
    talk(&mut session, &ANSWERS[..3]);
    talk(&mut session, &[("Port", "80\r"), ("1024", "\x7f\x7f8080\r"), ("Write", ENTER)]);
    assert_eq!(end(session).1, 0);
    assert!(std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap().contains("EXPOSE 8080"));
}

#[test]
fn somebody_elses_file_is_kept_shown_or_replaced() {
    let down = "\x1b[B";
    for (keys, kept) in [(vec![ENTER], true), (vec![down, ENTER, down, down, ENTER], false)] {
        let dir = project();
        std::fs::write(dir.path().join("Dockerfile"), "FROM mine\n").unwrap();
        let mut session = start(dir.path(), &["--set", "port=4000", "--set", "kind=web", "--set", "start=node app.js", "--set", "version=24"]);
        session.expect("Dockerfile exists").unwrap();
        for key in keys {
            std::thread::sleep(Duration::from_millis(150));
            session.send(key).unwrap();
        }
        talk(&mut session, &[("Write", ENTER)]);
        let (text, code) = end(session);
        assert_eq!(code, 0, "{text}");
        let mine = std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap() == "FROM mine\n";
        assert_eq!(mine, kept);
        assert_eq!(dir.path().join("Dockerfile.orig").exists(), !kept);
        // What was decided once holds for those who cannot be asked.
        for arguments in [&["update", "--yes"][..], &["check"]] {
            let output = Command::new(env!("CARGO_BIN_EXE_dockwright")).args(arguments).arg(dir.path()).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap() == "FROM mine\n", kept);
    }
}

#[test]
fn a_narrow_window_and_no_colour_are_no_obstacle() {
    let dir = project();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockwright"));
    command.args(["init", "--color", "never"]).current_dir(dir.path()).env("TERM", "xterm").env_remove("NO_COLOR");
    let mut session: OsSession = Session::spawn(command).unwrap();
    session.get_process_mut().set_window_size(24, 10).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    talk(&mut session, &[("Kind", ENTER), ("Version", ENTER), ("Start", ENTER), ("Write", ENTER)]);
    let (text, code) = end(session);
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("\x1b[3"), "colours: {text:?}");
}
