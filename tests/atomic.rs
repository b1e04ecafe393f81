//! A run that is stopped at any step leaves all old or all new files, after the next run at the latest, and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{Error, Result};

use camino::{Utf8Path, Utf8PathBuf};
use dockwright::write::{DIR, Disk, RealDisk, Step, apply, guard, recover, undo};

/// The real disk, until a step: then everything fails, as after a kill; or only that step, as on a full disk.
struct Failing {
    left: Cell<usize>,
    for_ever: bool,
}

impl Failing {
    fn step(&self) -> Result<()> {
        match self.left.get() {
            0 => Err(Error::other("stopped")),
            1 => {
                self.left.set(if self.for_ever { 0 } else { usize::MAX });
                Err(Error::other("stopped"))
            }
            left => {
                self.left.set(left - 1);
                Ok(())
            }
        }
    }
}

impl Disk for Failing {
    fn create_dir(&self, path: &Utf8Path) -> Result<()> {
        self.step()?;
        RealDisk.create_dir(path)
    }

    fn write(&self, path: &Utf8Path, bytes: &[u8], like: Option<&Utf8Path>) -> Result<()> {
        if let Err(error) = self.step() {
            // Stopped in the middle of the write.
            let _ = RealDisk.write(path, &bytes[..bytes.len() / 2], like);
            return Err(error);
        }
        RealDisk.write(path, bytes, like)
    }

    fn rename(&self, from: &Utf8Path, to: &Utf8Path) -> Result<()> {
        self.step()?;
        RealDisk.rename(from, to)
    }

    fn remove_file(&self, path: &Utf8Path) -> Result<()> {
        self.step()?;
        RealDisk.remove_file(path)
    }

    fn remove_dir(&self, path: &Utf8Path) -> Result<()> {
        self.step()?;
        RealDisk.remove_dir(path)
    }
}

type Tree = BTreeMap<String, String>;

/// The project's files, without the folder for `undo`.
fn tree(root: &Utf8Path) -> Tree {
    let mut all = Tree::new();
    for entry in walk(root) {
        let path = entry.strip_prefix(root).unwrap().to_string();
        if !path.starts_with(DIR) {
            all.insert(path, std::fs::read_to_string(&entry).unwrap());
        }
    }
    all
}

fn walk(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files = Vec::new();
    for entry in dir.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() { files.extend(walk(entry.path())) } else { files.push(entry.path().to_owned()) }
    }
    files
}

/// A project with ten files in the run: new ones, replaced ones, removed ones, in folders and not.
fn project() -> (tempfile::TempDir, Utf8PathBuf, Vec<Step>) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    std::fs::create_dir_all(root.join("k8s")).unwrap();
    for name in ["Dockerfile", "k8s/a.yaml", "k8s/b.yaml", "old", "k8s/old", "untouched"] {
        std::fs::write(root.join(name), format!("old {name}\n")).unwrap();
    }
    let step = |path: &str, text: Option<&str>| Step { path: path.to_owned(), text: text.map(str::to_owned) };
    let steps = vec![
        step("Dockerfile", Some("new\n")),
        step(".dockerignore", Some("new\n")),
        step("k8s/a.yaml", Some("new\n")),
        step("k8s/b.yaml", Some("new\n")),
        step("k8s/c.yaml", Some("new\n")),
        step("deep/down/file", Some("new\n")),
        step("deep/file", Some("new\n")),
        step("old", None),
        step("k8s/old", None),
        step("dockwright.lock", Some("new\n")),
    ];
    (dir, root, steps)
}

#[test]
fn stopped_at_any_step_it_is_all_old_or_all_new() {
    let (_dir, root, steps) = project();
    let old = tree(&root);
    apply(&RealDisk, &root, &steps).unwrap();
    let new = tree(&root);
    for for_ever in [true, false] {
        let mut finished = false;
        for step in 1..200 {
            let (_dir, root, steps) = project();
            let failing = Failing { left: Cell::new(step), for_ever };
            let result = apply(&failing, &root, &steps);
            if !for_ever && result.is_err() {
                // A disk that refuses once: it was taken back at once.
                assert_eq!(tree(&root), old, "step {step}");
                assert!(!root.join(DIR).exists(), "step {step}");
            }
            recover(&RealDisk, &root).unwrap();
            let now = tree(&root);
            assert!(now == old || now == new, "step {step}: {:?}", now.keys());
            assert!(result.is_err() || now == new, "step {step} was reported as done");
            // Only what `undo` needs may be left.
            assert!(now == new || !root.join(DIR).exists(), "step {step} left {DIR}");
            assert!(!root.join(DIR).join("stage").exists(), "step {step} left the stage");
            // And the next run works.
            apply(&RealDisk, &root, &steps).unwrap();
            assert_eq!(tree(&root), new, "step {step}");
            if failing.left.get() > 1 && failing.left.get() < 200 {
                finished = true;
                break;
            }
        }
        assert!(finished, "the run never came to its end");
    }
}

#[test]
fn undo_brings_back_what_was_and_refuses_to_lose_an_edit() {
    let (_dir, root, steps) = project();
    let old = tree(&root);
    apply(&RealDisk, &root, &steps).unwrap();
    undo(&RealDisk, &root).unwrap();
    assert_eq!(tree(&root), old);
    apply(&RealDisk, &root, &steps).unwrap();
    std::fs::write(root.join("Dockerfile"), "edited\n").unwrap();
    let error = undo(&RealDisk, &root).unwrap_err();
    assert!(error.message.contains("`Dockerfile` was changed"), "{error}");
    assert_eq!(std::fs::read_to_string(root.join("Dockerfile")).unwrap(), "edited\n");
}

#[test]
fn new_files_alone_leave_nothing_beside_them() {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(dir.path()).unwrap();
    apply(&RealDisk, root, &[Step { path: "Dockerfile".to_owned(), text: Some("new\n".to_owned()) }]).unwrap();
    assert_eq!(walk(root), [root.join("Dockerfile")]);
}

#[cfg(unix)]
#[test]
fn the_mode_of_a_file_is_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_dir, root, steps) = project();
    std::fs::set_permissions(root.join("Dockerfile"), std::fs::Permissions::from_mode(0o640)).unwrap();
    apply(&RealDisk, &root, &steps).unwrap();
    assert_eq!(std::fs::metadata(root.join("Dockerfile")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let (_dir, root, _) = project();
    std::os::unix::fs::symlink(outside.path(), root.join("out")).unwrap();
    let step = |path: &str| Step { path: path.to_owned(), text: Some("x".to_owned()) };
    for path in ["out/file", "../file", "/tmp/file"] {
        let error = apply(&RealDisk, &root, &[step("fine"), step(path)]).unwrap_err();
        assert_eq!(error.exit, dockwright::error::Exit::Refused, "{path}");
        assert!(!root.join("fine").exists());
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    // A journal may come with somebody else's repository.
    std::fs::create_dir_all(root.join(DIR).join("stage")).unwrap();
    let journal = "[[entry]]\npath = \"../victim\"\nexisted = false\nremoved = true\n";
    std::fs::write(root.join(DIR).join("journal.toml"), journal).unwrap();
    assert_eq!(recover(&RealDisk, &root).unwrap_err().exit, dockwright::error::Exit::Refused);
}

#[test]
fn two_runs_do_not_interleave() {
    let (_dir, root, _) = project();
    let first = guard(&root).unwrap();
    assert_eq!(guard(&root).unwrap_err().exit, dockwright::error::Exit::Outside);
    drop(first);
    guard(&root).unwrap();
}
