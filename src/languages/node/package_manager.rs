//! The package manager, its lockfile and its commands.

use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::project::{Project, join};

/// A package manager with what its install reads.
#[derive(Debug, Clone)]
pub struct PackageManager {
    /// `npm`, ...
    pub name: Found<String>,
    /// Lockfile, relative to the service's folder.
    pub lockfile: Option<&'static str>,
}

/// Finds it.
pub fn detect(project: &Project, dir: &str, manifest: &JsonFile, notes: &mut Vec<Note>) -> PackageManager {
    let lockfile = project.first(dir, &["npm-shrinkwrap.json", "package-lock.json"]);
    let name = match lockfile {
        Some(file) => Found::certain("npm".to_owned(), Evidence::at(join(dir, file), None, "npm's lockfile")),
        None => {
            notes.push(Note::warning(
                "no lockfile: the install is not reproducible; run `npm install` and commit `package-lock.json`",
                Some(&Evidence::at(&manifest.path, 1, "")),
            ));
            Found::guess("npm".to_owned(), Some(Evidence::at(&manifest.path, 1, "no lockfile names another")))
        }
    };
    PackageManager { name, lockfile }
}

impl PackageManager {
    /// The install that follows the lockfile to the letter, or the plain one where there is no lockfile.
    pub fn install(&self) -> &'static str {
        if self.lockfile.is_some() { "npm ci" } else { "npm install --no-save" }
    }
}
