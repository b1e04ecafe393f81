//! The modules of a build context: one at its root, the members of a workspace, or modules that lend each other their folders.

use super::go_mod::GoMod;
use super::source::is_test_or_hidden;
use crate::error::Result;
use crate::found::Evidence;
use crate::languages::Note;
use crate::project::{Project, join};

/// A module in a folder.
#[derive(Debug, Clone)]
pub struct Module {
    /// Folder relative to the build context, `.` for itself.
    pub dir: String,
    /// Its manifest; `None` for a program without one.
    pub file: Option<GoMod>,
}

/// The modules of a build context.
#[derive(Debug, Clone)]
pub struct Modules {
    /// The workspace, if there is one.
    pub work: Option<GoMod>,
    /// The modules, in the order of the files that name them.
    pub list: Vec<Module>,
}

impl Module {
    /// Import path of its root.
    pub fn path(&self) -> &str {
        self.file.as_ref().map_or("", GoMod::module)
    }

    /// The folder of an imported package, if it lies in this module.
    pub fn folder(&self, import: &str) -> Option<String> {
        let rest = import.strip_prefix(self.path()).filter(|_| self.file.is_some())?;
        if rest.is_empty() { Some(self.dir.clone()) } else { rest.strip_prefix('/').map(|rest| join(&self.dir, rest)) }
    }
}

impl Modules {
    /// Reads what is there; `None` when the folder is no build context of Go's.
    ///
    /// # Errors
    /// When a manifest is broken.
    pub fn read(project: &Project, notes: &mut Vec<Note>) -> Result<Option<Self>> {
        if let Some(work) = GoMod::read(project, "go.work")? {
            let mut list = Vec::new();
            for (folder, line) in work.uses() {
                let found = clean(".", folder).filter(|dir| project.has(&join(dir, "go.mod")));
                match found {
                    Some(dir) => list.extend(module(project, &dir)?),
                    None => notes.push(Note::warning(
                        format!("`{folder}` of the workspace is not here, and without it nothing builds: add it, or `go work edit -dropuse={folder}`"),
                        Some(&Evidence::at("go.work", line, "a member")),
                    )),
                }
            }
            return Ok(Some(Self { work: Some(work), list }));
        }
        if let Some(root) = module(project, ".")? {
            let mut modules = Self { work: None, list: vec![root] };
            modules.follow(project, notes)?;
            return Ok(Some(modules));
        }
        let mut modules = Self { work: None, list: Vec::new() };
        for path in project.files().filter(|path| path.ends_with("/go.mod") && path.matches('/').count() <= 4) {
            modules.list.extend(module(project, path.trim_end_matches("/go.mod"))?);
        }
        // Folders that stand alone are contexts of their own; one that lends another its folder must be in its context.
        let lends = |module: &Module| {
            let file = module.file.as_ref();
            file.is_some_and(|file| file.local_replaces().any(|(_, folder, _)| clean(&module.dir, folder).is_some_and(|dir| !dir.starts_with(&format!("{}/", module.dir)))))
        };
        // Where they all lie below one folder, that one is their context.
        let top = |module: &Module| module.dir.split('/').next().map(str::to_owned);
        let apart = modules.list.iter().any(|module| top(module) != top(&modules.list[0]));
        if apart && modules.list.iter().any(lends) {
            modules.follow(project, notes)?;
            return Ok(Some(modules));
        }
        Ok(None)
    }

    /// A program without a manifest.
    pub fn bare() -> Self {
        Self { work: None, list: vec![Module { dir: ".".to_owned(), file: None }] }
    }

    /// Adds the folders that replace modules.
    fn follow(&mut self, project: &Project, notes: &mut Vec<Note>) -> Result<()> {
        let mut index = 0;
        while let Some(from) = self.list.get(index).cloned() {
            index += 1;
            let Some(file) = &from.file else { continue };
            for (name, folder, line) in file.local_replaces() {
                match clean(&from.dir, folder).filter(|dir| project.has(&join(dir, "go.mod"))) {
                    Some(dir) if self.list.iter().all(|module| module.dir != dir) => self.list.extend(module(project, &dir)?),
                    Some(_) => {}
                    None => notes.push(Note::warning(
                        format!("`{name}` is replaced by `{folder}`, which is not in this folder: run dockwright where both lie, or drop the `replace`"),
                        Some(&Evidence::at(&file.path, line, "a replacement")),
                    )),
                }
            }
        }
        Ok(())
    }

    /// The modules that the build of one needs, itself first: by `replace` or as members of its workspace.
    pub fn closure(&self, start: usize) -> Vec<usize> {
        let mut found = vec![start];
        let mut at = 0;
        while let Some(module) = found.get(at).map(|index| &self.list[*index]) {
            at += 1;
            let Some(file) = &module.file else { continue };
            let replaced = file.local_replaces().filter_map(|(_, folder, _)| clean(&module.dir, folder));
            let mut needed: Vec<usize> = replaced.filter_map(|dir| self.list.iter().position(|other| other.dir == dir)).collect();
            if self.work.is_some() {
                let required = |other: &Module| file.requires().any(|require| require.module == other.path());
                needed.extend(self.list.iter().enumerate().filter(|(_, other)| required(other)).map(|(index, _)| index));
            }
            for index in needed {
                if !found.contains(&index) {
                    found.push(index);
                }
            }
        }
        found
    }

    /// The module and folder of an imported package: the module with the longest path.
    pub fn package(&self, import: &str) -> Option<(usize, String)> {
        let found = self.list.iter().enumerate().filter_map(|(index, module)| Some((index, module.folder(import)?)));
        found.max_by_key(|(index, _)| self.list[*index].path().len())
    }

    /// The module that a folder belongs to.
    pub fn of_folder(&self, dir: &str) -> Option<usize> {
        let holds = |module: &Module| module.dir == "." || dir == module.dir || dir.starts_with(&format!("{}/", module.dir));
        let found = self.list.iter().enumerate().filter(|(_, module)| holds(module));
        found.max_by_key(|(_, module)| if module.dir == "." { 0 } else { module.dir.len() }).map(|(index, _)| index)
    }
}

fn module(project: &Project, dir: &str) -> Result<Option<Module>> {
    let file = GoMod::read(project, &join(dir, "go.mod"))?;
    Ok(file.map(|file| Module { dir: dir.to_owned(), file: Some(file) }))
}

/// A relative path from a folder, without `.` and `..`; `None` when it leads out of the context.
pub fn clean(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// The folders with Go files, sorted, without those of modules that are not in the list.
pub fn folders<'p>(project: &'p Project, modules: &Modules) -> Vec<&'p str> {
    let foreign: Vec<&str> = project
        .files()
        .filter_map(|path| path.strip_suffix("/go.mod"))
        .filter(|dir| modules.list.iter().all(|module| module.dir != *dir))
        .collect();
    let mut folders: Vec<&str> = project
        .files()
        .filter(|path| !is_test_or_hidden(path.rsplit('/').next().unwrap_or_default()))
        .map(|path| path.rsplit_once('/').map_or(".", |(dir, _)| dir))
        .filter(|dir| !foreign.iter().any(|module| dir == module || dir.starts_with(&format!("{module}/"))))
        .collect();
    folders.dedup();
    folders.sort_unstable();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(clean("internal/trainer", "../common").as_deref(), Some("internal/common"));
        assert_eq!((clean(".", "./").as_deref(), clean("a", "../..")), (Some("."), None));
    }

    #[test]
    fn modules_that_lend_each_other_their_folders_share_a_context() {
        let apart = [("a/go.mod", "module a\n"), ("b/go.mod", "module b\n")];
        assert!(Modules::read(&Project::from_files(apart), &mut Vec::new()).unwrap().is_none());
        let together = [("a/go.mod", "module a\nreplace x.org/b => ../b\n"), ("b/go.mod", "module x.org/b\n"), ("c/go.mod", "module c\n")];
        let modules = Modules::read(&Project::from_files(together), &mut Vec::new()).unwrap().unwrap();
        assert_eq!(modules.closure(0), [0, 1]);
        let deeper = [("x/a/go.mod", "module a\nreplace x.org/b => ../b\n"), ("x/b/go.mod", "module x.org/b\n")];
        assert!(Modules::read(&Project::from_files(deeper), &mut Vec::new()).unwrap().is_none());
        assert_eq!(modules.package("x.org/b/pkg"), Some((1, "b/pkg".to_owned())));
    }
}
