//! The project's tree: walked once, read lazily, bounded. Nothing of it is ever executed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Exit, Result};

/// Manifests and sources above this size (bytes) are not read.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// Folders that hold what was installed or built, never what was written.
const SKIPPED: &[&str] = &[
    ".git", ".hg", ".svn", "node_modules", "target", "vendor", ".venv", "venv", "__pycache__", ".next", ".nuxt",
    ".output", ".svelte-kit", ".gradle", ".terraform", ".yarn", ".pnpm-store", ".tox", ".mypy_cache", ".idea",
];

/// A folder as dockwright sees it.
#[derive(Debug)]
pub struct Project {
    root: Utf8PathBuf,
    files: BTreeSet<String>,
    texts: RefCell<BTreeMap<String, Rc<str>>>,
    memory: bool,
}

impl Project {
    /// Walks a folder once. Symbolic links are not followed, so loops end at once.
    ///
    /// # Errors
    /// When the folder does not exist or its path is not UTF-8.
    pub fn open(root: &Utf8Path) -> Result<Self> {
        if !root.is_dir() {
            return Err(Error::new(Exit::Usage, format!("`{root}` is not a folder"))
                .hint("name the folder of the project: `dockwright init PATH`"));
        }
        let mut files = BTreeSet::new();
        let walk = ignore::WalkBuilder::new(root)
            .standard_filters(false)
            .follow_links(false)
            .filter_entry(|entry| {
                let skipped = entry.file_name().to_str().is_some_and(|name| SKIPPED.contains(&name));
                entry.depth() == 0 || !(skipped && entry.file_type().is_some_and(|kind| kind.is_dir()))
            })
            .build();
        for entry in walk.filter_map(std::result::Result::ok) {
            // A link counts as a file when it is one; what it points at is looked at on reading.
            if entry.file_type().is_some_and(|kind| !kind.is_dir())
                && let Ok(relative) = entry.path().strip_prefix(root)
                && let Some(path) = relative.to_str()
            {
                files.insert(path.replace('\\', "/"));
            }
        }
        Ok(Self { root: root.to_owned(), files, texts: RefCell::default(), memory: false })
    }

    /// A folder of the project, as a project of its own.
    #[must_use]
    pub fn below(&self, dir: &str) -> Self {
        let prefix = format!("{dir}/");
        let inside = |path: &String| path.strip_prefix(&prefix).map(str::to_owned);
        Self {
            root: self.root.join(dir),
            files: self.files.range(prefix.clone()..).map_while(inside).collect(),
            texts: RefCell::new(
                self.texts.borrow().iter().filter_map(|(path, text)| Some((inside(path)?, text.clone()))).collect(),
            ),
            memory: self.memory,
        }
    }

    /// A project in memory, for tests.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let texts: BTreeMap<_, Rc<str>> = files.into_iter().map(|(path, text)| (path.to_owned(), text.into())).collect();
        Self { root: ".".into(), files: texts.keys().cloned().collect(), texts: RefCell::new(texts), memory: true }
    }

    /// The folder.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Whether a file exists.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Whether a folder with at least one file exists.
    pub fn has_dir(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        self.files.range(prefix.clone()..).next().is_some_and(|file| file.starts_with(&prefix))
    }

    /// Whether something is there, also in the folders that are not walked because they hold what was installed or built.
    pub fn exists(&self, path: &str) -> bool {
        self.has(path) || self.has_dir(path) || (!self.memory && self.root.join(path).exists())
    }

    /// All files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// The files below a folder (`""` or `.` is the root), relative to the project.
    pub fn files_below<'a>(&'a self, dir: &'a str) -> impl Iterator<Item = &'a str> {
        let prefix = if dir.is_empty() || dir == "." { String::new() } else { format!("{dir}/") };
        self.files().filter(move |file| file.starts_with(&prefix))
    }

    /// The first of some files that exists.
    pub fn first<'n>(&self, dir: &str, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.has(&join(dir, name)))
    }

    /// A file's text, or `None` when there is no such file. Invalid UTF-8 is replaced.
    ///
    /// # Errors
    /// When it exists but cannot be read, is larger than 4 MiB, or leads out of the project.
    pub fn read(&self, path: &str) -> Result<Option<Rc<str>>> {
        if !self.has(path) {
            return Ok(None);
        }
        if let Some(text) = self.texts.borrow().get(path) {
            return Ok(Some(text.clone()));
        }
        if self.memory {
            return Ok(None);
        }
        let text: Rc<str> = self.read_from_disk(path)?.into();
        self.texts.borrow_mut().insert(path.to_owned(), text.clone());
        Ok(Some(text))
    }

    fn read_from_disk(&self, path: &str) -> Result<String> {
        let full = self.root.join(path);
        let unreadable = |error: std::io::Error| {
            Error::new(Exit::Unsupported, format!("`{path}` cannot be read: {}", error.kind()))
                .hint(format!("make `{path}` readable, or run dockwright as its owner"))
        };
        let real = full.canonicalize_utf8().map_err(unreadable)?;
        let root = self.root.canonicalize_utf8().map_err(unreadable)?;
        if !real.starts_with(&root) {
            return Err(Error::new(Exit::Refused, format!("`{path}` is a link that leads out of the project"))
                .hint("replace the link by the file itself"));
        }
        let file = fs_err::File::open(&real).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        if size > MAX_FILE {
            return Err(Error::new(
                Exit::Unsupported,
                format!("`{path}` is {} MB: a manifest above 4 MB is not read", size / 1_000_000),
            )
            .hint("is this really the project's manifest? remove it or name another folder"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut bytes).map_err(unreadable)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
    }
}

/// Joins a service folder (`.` is the root) and a name, with `/`.
pub fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() || dir == "." { name.to_owned() } else { format!("{dir}/{name}") }
}
