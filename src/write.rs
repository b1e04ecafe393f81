//! Files to disk: the only place that writes. All of a run or nothing of it, also when it is killed in between.
//!
//! New contents are staged in `.dockwright/`, flushed, and then a journal is put in place: before it nothing of the project has
//! changed, after it the next run finishes what this one could not. What was replaced is kept for `undo`.

mod disk;
mod journal;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Exit, Result};
pub use disk::{Disk, RealDisk};
use journal::{Entry, Journal};

/// The folder for what is under way, and for `undo`.
pub const DIR: &str = ".dockwright";

/// A file to write or remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Path relative to the project.
    pub path: String,
    /// The new content; `None` removes the file.
    pub text: Option<String>,
}

/// What an interrupted run left, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// Its last files were put in place.
    Forward,
    /// What it had done was taken back.
    Back,
}

/// Holds other runs off the project until it is dropped.
#[derive(Debug)]
pub struct Guard {
    _folder: Option<std::fs::File>,
}

/// Lets one run at a time into a project.
///
/// # Errors
/// Exit 7 when another run is in it.
pub fn guard(root: &Utf8Path) -> Result<Guard> {
    // The folder itself is locked: there is no lock file to leave behind. Where a folder cannot be opened, nothing is locked.
    let Ok(folder) = std::fs::File::open(root) else { return Ok(Guard { _folder: None }) };
    match folder.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(Error::new(Exit::Outside, format!("another dockwright is at work in `{root}`")).hint("run it again when that has ended"))
        }
        _ => Ok(Guard { _folder: Some(folder) }),
    }
}

/// Writes and removes files: all of them, or none.
///
/// # Errors
/// Exit 6 when a path leads out of the project, exit 7 when the disk refuses; nothing has changed then.
pub fn apply(disk: &dyn Disk, root: &Utf8Path, steps: &[Step]) -> Result<()> {
    let steps: Vec<&Step> = steps.iter().filter(|step| !is_done(root, step)).collect();
    if steps.is_empty() {
        return Ok(());
    }
    for step in &steps {
        inside(root, &step.path)?;
    }
    inside(root, DIR)?;
    let dir = root.join(DIR);
    let existed = dir.exists();
    let staged = stage(disk, root, &steps).map_err(|error| {
        let _ = discard(disk, &dir, existed);
        failed(&error)
    })?;
    place(disk, root, &staged).map_err(|error| match back(disk, root, &staged) {
        Ok(()) => failed(&error),
        Err(second) => failed(&error).hint(format!("it could not be taken back either ({second}): the next run will try again")),
    })?;
    // Everything is in place: what cannot be tidied up now, the next run will.
    let _ = finish(disk, root, &staged);
    Ok(())
}

/// Ends what an interrupted run began.
///
/// # Errors
/// Exit 7 when the disk refuses again.
pub fn recover(disk: &dyn Disk, root: &Utf8Path) -> Result<Option<Recovered>> {
    let dir = root.join(DIR);
    if !dir.exists() {
        return Ok(None);
    }
    inside(root, DIR)?;
    if let Some(journal) = journal(root, journal::BACK)? {
        back(disk, root, &journal).map_err(|error| failed(&error))?;
        return Ok(Some(Recovered::Back));
    }
    if let Some(journal) = journal(root, journal::FORWARD)? {
        place(disk, root, &journal).and_then(|()| finish(disk, root, &journal)).map_err(|error| failed(&error))?;
        return Ok(Some(Recovered::Forward));
    }
    if dir.join(journal::STAGE).exists() {
        // Killed before the journal was in place: nothing of the project had changed.
        discard(disk, &dir, dir.join(journal::UNDO).exists()).map_err(|error| failed(&error))?;
        return Ok(Some(Recovered::Back));
    }
    if !dir.join(journal::UNDO).exists() {
        // Killed while tidying up.
        disk.remove_dir(&dir).map_err(|error| failed(&error))?;
    }
    Ok(None)
}

/// A journal whose paths stay inside the project: it may come with somebody else's repository.
fn journal(root: &Utf8Path, name: &str) -> Result<Option<Journal>> {
    let journal = Journal::read(&root.join(DIR).join(name))?;
    for entry in journal.iter().flat_map(|journal| &journal.entries) {
        inside(root, &entry.path)?;
    }
    Ok(journal)
}

/// Brings back what the last run replaced or removed, and removes what it made. Returns the paths.
///
/// # Errors
/// Exit 6 when one of the files was edited since, exit 4 when there is nothing to bring back.
pub fn undo(disk: &dyn Disk, root: &Utf8Path) -> Result<Vec<String>> {
    let dir = root.join(DIR).join(journal::UNDO);
    let Some(journal) = journal(root, &format!("{}/{}", journal::UNDO, journal::FORWARD))? else {
        return Err(Error::new(Exit::Unsupported, "there is no run to undo").hint("only the last run that replaced a file can be undone"));
    };
    let read = |name: String| std::fs::read_to_string(dir.join(name)).ok();
    let mut steps = Vec::new();
    for (number, entry) in journal.entries.iter().enumerate() {
        let now = std::fs::read_to_string(root.join(&entry.path)).ok();
        if now != read(journal::written(number)) {
            return Err(Error::new(Exit::Refused, format!("`{}` was changed since the last run", entry.path))
                .hint("undo would lose that change: take it back yourself, or keep a copy and remove the file"));
        }
        steps.push(Step { path: entry.path.clone(), text: read(journal::before(number)) });
    }
    apply(disk, root, &steps)?;
    Ok(steps.into_iter().map(|step| step.path).collect())
}

fn is_done(root: &Utf8Path, step: &Step) -> bool {
    let path = root.join(&step.path);
    match &step.text {
        Some(text) => std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes()),
        None => std::fs::symlink_metadata(&path).is_err(),
    }
}

/// Refuses what would be written through a link or out of the project.
fn inside(root: &Utf8Path, path: &str) -> Result<()> {
    let mut folder = Utf8PathBuf::from(root);
    for part in Utf8Path::new(path).components() {
        folder.push(part.as_str());
        let refuse = |what: &str| {
            let name = folder.strip_prefix(root).unwrap_or(&folder);
            Error::new(Exit::Refused, format!("`{name}` is {what}"))
                .hint("replace it by a plain file or folder, or remove it, and run dockwright again")
        };
        match std::fs::symlink_metadata(&folder) {
            _ if !matches!(part, camino::Utf8Component::Normal(_)) => return Err(refuse("no path inside the project")),
            Ok(meta) if meta.is_symlink() => return Err(refuse("a symbolic link")),
            Ok(meta) if folder.as_str().len() < root.join(path).as_str().len() && !meta.is_dir() => return Err(refuse("not a folder")),
            Ok(meta) if folder == root.join(path) && path != DIR && !meta.is_file() => return Err(refuse("not a file")),
            _ => {}
        }
    }
    Ok(())
}

fn failed(error: &std::io::Error) -> Error {
    Error::new(Exit::Outside, format!("the files cannot be written: {error}"))
        .hint("nothing was changed; check that the folder is writable and the disk is not full")
}

/// Everything that a run will do, written beside the project's files; the journal last.
fn stage(disk: &dyn Disk, root: &Utf8Path, steps: &[&Step]) -> std::io::Result<Journal> {
    let dir = root.join(DIR);
    let stage = dir.join(journal::STAGE);
    disk.create_dir(&stage)?;
    disk.write(&dir.join(".gitignore"), b"*\n", None)?;
    let mut journal = Journal::default();
    for (number, step) in steps.iter().enumerate() {
        let target = root.join(&step.path);
        let before = match std::fs::read(&target) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if let Some(bytes) = &before {
            disk.write(&stage.join(journal::before(number)), bytes, Some(&target))?;
        }
        if let Some(text) = &step.text {
            disk.write(&stage.join(journal::after(number)), text.as_bytes(), before.as_ref().map(|_| target.as_path()))?;
            disk.write(&stage.join(journal::written(number)), text.as_bytes(), None)?;
        }
        journal.entries.push(Entry { path: step.path.clone(), existed: before.is_some(), removed: step.text.is_none() });
    }
    let text = journal.text()?;
    disk.write(&stage.join(journal::FORWARD), text.as_bytes(), None)?;
    disk.write(&dir.join("journal.new"), text.as_bytes(), None)?;
    disk.rename(&dir.join("journal.new"), &dir.join(journal::FORWARD))?;
    Ok(journal)
}

/// Puts the staged files in place. May be repeated from any point.
fn place(disk: &dyn Disk, root: &Utf8Path, journal: &Journal) -> std::io::Result<()> {
    let stage = root.join(DIR).join(journal::STAGE);
    for (number, entry) in journal.entries.iter().enumerate() {
        let target = root.join(&entry.path);
        let after = stage.join(journal::after(number));
        if entry.removed {
            disk.remove_file(&target)?;
        } else if after.exists() {
            if let Some(folder) = target.parent() {
                disk.create_dir(folder)?;
            }
            disk.rename(&after, &target)?;
        }
    }
    Ok(())
}

/// Takes back what was put in place. May be repeated from any point.
fn back(disk: &dyn Disk, root: &Utf8Path, journal: &Journal) -> std::io::Result<()> {
    let dir = root.join(DIR);
    let stage = dir.join(journal::STAGE);
    if dir.join(journal::FORWARD).exists() {
        disk.rename(&dir.join(journal::FORWARD), &dir.join(journal::BACK))?;
    }
    for (number, entry) in journal.entries.iter().enumerate() {
        let target = root.join(&entry.path);
        let untouched = !entry.removed && stage.join(journal::after(number)).exists();
        if untouched {
            continue;
        }
        let before = stage.join(journal::before(number));
        if entry.existed {
            if before.exists() {
                disk.rename(&before, &target)?;
            }
        } else {
            disk.remove_file(&target)?;
        }
    }
    discard(disk, &dir, dir.join(journal::UNDO).exists())?;
    Ok(())
}

/// The end of a run: what was replaced goes to `undo`, all else goes away.
fn finish(disk: &dyn Disk, root: &Utf8Path, journal: &Journal) -> std::io::Result<()> {
    let dir = root.join(DIR);
    let (stage, undo) = (dir.join(journal::STAGE), dir.join(journal::UNDO));
    if journal.entries.iter().any(|entry| entry.existed) {
        if stage.exists() {
            disk.remove_dir(&undo)?;
            disk.rename(&stage, &undo)?;
        }
        return disk.remove_file(&dir.join(journal::FORWARD));
    }
    // All files are new: there is nothing to bring back.
    disk.remove_dir(&stage)?;
    disk.remove_file(&dir.join(journal::FORWARD))?;
    if undo.exists() { Ok(()) } else { disk.remove_dir(&dir) }
}

/// Removes what was staged; the folder too unless it is needed for `undo`.
fn discard(disk: &dyn Disk, dir: &Utf8Path, keep: bool) -> std::io::Result<()> {
    disk.remove_dir(&dir.join(journal::STAGE))?;
    disk.remove_file(&dir.join("journal.new"))?;
    disk.remove_file(&dir.join(journal::BACK))?;
    if keep { Ok(()) } else { disk.remove_dir(dir) }
}
