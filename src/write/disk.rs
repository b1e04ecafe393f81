//! The few steps on disk that writing needs. A trait, so that a test can stop the program at each of them.

use std::io::{ErrorKind, Result, Write as _};

use camino::Utf8Path;

/// Steps on disk. Each is either done or not; what is already so is no error.
pub trait Disk {
    /// Makes a folder and those above it.
    ///
    /// # Errors
    /// When the disk refuses.
    fn create_dir(&self, path: &Utf8Path) -> Result<()>;

    /// Writes a new file and flushes it; with the permissions of `like`, if given.
    ///
    /// # Errors
    /// When the disk refuses.
    fn write(&self, path: &Utf8Path, bytes: &[u8], like: Option<&Utf8Path>) -> Result<()>;

    /// Moves a file or folder over another and flushes the folder.
    ///
    /// # Errors
    /// When the disk refuses.
    fn rename(&self, from: &Utf8Path, to: &Utf8Path) -> Result<()>;

    /// Removes a file if it is there.
    ///
    /// # Errors
    /// When the disk refuses.
    fn remove_file(&self, path: &Utf8Path) -> Result<()>;

    /// Removes a folder with all that is in it, if it is there.
    ///
    /// # Errors
    /// When the disk refuses.
    fn remove_dir(&self, path: &Utf8Path) -> Result<()>;
}

/// The disk itself.
#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create_dir(&self, path: &Utf8Path) -> Result<()> {
        fs_err::create_dir_all(path)
    }

    fn write(&self, path: &Utf8Path, bytes: &[u8], like: Option<&Utf8Path>) -> Result<()> {
        let mut file = fs_err::File::create(path)?;
        if let Some(like) = like {
            file.set_permissions(fs_err::metadata(like)?.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Utf8Path, to: &Utf8Path) -> Result<()> {
        fs_err::rename(from, to)?;
        flush_folder(to)
    }

    fn remove_file(&self, path: &Utf8Path) -> Result<()> {
        gone(fs_err::remove_file(path))
    }

    fn remove_dir(&self, path: &Utf8Path) -> Result<()> {
        gone(fs_err::remove_dir_all(path))
    }
}

fn gone(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// So that a rename survives a power cut. A folder that cannot be opened for it (as on Windows) is left alone.
fn flush_folder(path: &Utf8Path) -> Result<()> {
    match path.parent().map(std::fs::File::open) {
        Some(Ok(folder)) => folder.sync_all(),
        _ => Ok(()),
    }
}
