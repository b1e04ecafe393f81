//! Files to disk: the only place that writes. Each file by temporary file, flush and rename.

use std::io::Write as _;

use camino::Utf8Path;

use crate::error::{Error, Exit, Result};
use crate::render::RenderedFile;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was not there.
    Created,
    /// It was replaced.
    Updated,
    /// It already was as it should be.
    Unchanged,
}

/// What would happen to a file, refusing what may not be done. Looks, but writes nothing.
///
/// # Errors
/// Exit 6 when a file that dockwright did not write, or a link, stands in the way.
pub fn action(root: &Utf8Path, file: &RenderedFile, force: bool) -> Result<Action> {
    let path = root.join(&file.path);
    let Ok(meta) = fs_err::symlink_metadata(&path) else { return Ok(Action::Created) };
    if meta.file_type().is_symlink() {
        return Err(Error::new(Exit::Refused, format!("`{}` is a symbolic link", file.path))
            .hint("replace the link by a file, or remove it, and run dockwright again"));
    }
    if !meta.is_file() {
        return Err(Error::new(Exit::Refused, format!("`{}` is not a file", file.path)).hint("move it away"));
    }
    if fs_err::read(&path).is_ok_and(|bytes| bytes == file.text.as_bytes()) {
        return Ok(Action::Unchanged);
    }
    if force {
        return Ok(Action::Updated);
    }
    Err(Error::new(Exit::Refused, format!("`{}` exists and was not written by dockwright", file.path))
        .hint(format!("`--force` replaces it and keeps the old one as `{}.orig`", file.path))
        .hint(format!("`--stdout {}` prints what would be written", file.path)))
}

/// Writes a file; the one it replaces is kept beside it as `NAME.orig`.
///
/// # Errors
/// When the disk refuses.
pub fn write(root: &Utf8Path, file: &RenderedFile, action: Action) -> Result<()> {
    if action == Action::Unchanged {
        return Ok(());
    }
    let path = root.join(&file.path);
    let temporary = root.join(format!("{}.dockwright-tmp", file.path));
    let write = || -> std::io::Result<()> {
        if action == Action::Updated {
            fs_err::copy(&path, root.join(format!("{}.orig", file.path)))?;
        }
        let mut out = fs_err::File::create(&temporary)?;
        out.write_all(file.text.as_bytes())?;
        out.sync_all()?;
        fs_err::rename(&temporary, &path)
    };
    write().map_err(|error| {
        // The temporary file is ours; if it cannot be removed, the error below is the better one to show.
        let _ = fs_err::remove_file(&temporary);
        Error::new(Exit::Outside, format!("`{}` cannot be written: {error}", file.path))
            .hint("check that the folder is writable and the disk is not full")
    })
}
