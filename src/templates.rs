//! The templates: the built-in ones, and those of a folder that win over them. A template of one's own may replace a built-in one
//! as a whole, or extend it by its name below `builtin/` and fill a block.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tera::Tera;

use crate::checklist::{self, Severity, Subject};
use crate::dockerfile;
use crate::error::{Error, Exit, Result};
use crate::project::Project;
use crate::render::{self, RenderedFile};
use crate::settings::unknown;

/// Where an override finds the template that it takes the place of.
pub const BUILT_IN: &str = "builtin";
/// Templates of one's own that are no overrides, for others to include.
const OWN: &str = "own/";

/// An override, as the lock names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Override {
    /// Name of the built-in template.
    pub name: String,
    /// Hash of its text.
    pub sha256: String,
}

/// The templates of a run.
#[derive(Debug, Default)]
pub struct Templates {
    texts: BTreeMap<String, String>,
}

thread_local! {
    /// The engine of the run under way; without one, the built-in templates alone. Every artefact is rendered through it.
    static IN_USE: RefCell<Option<Rc<Tera>>> = const { RefCell::new(None) };
}

/// Puts the templates to use until it is dropped.
pub struct InUse(());

impl Drop for InUse {
    fn drop(&mut self) {
        IN_USE.with(|engine| engine.replace(None));
    }
}

/// The engine of the run under way.
pub fn engine() -> Option<Rc<Tera>> {
    IN_USE.with(|engine| engine.borrow().clone())
}

impl Templates {
    /// Reads a folder of overrides.
    ///
    /// # Errors
    /// Exit 2 when it cannot be read, or a name is none of the built-in ones.
    pub fn read(dir: &Utf8Path) -> Result<Self> {
        let folder = Project::open(dir).map_err(|error| Error { hints: vec!["`--templates` takes a folder".to_owned()], ..error })?;
        let built_in = render::built_in();
        let names: Vec<&str> = built_in.iter().map(|(name, _)| name.as_str()).collect();
        let mut texts = BTreeMap::new();
        for name in folder.files().filter(|name| !name.split('/').any(|part| part.starts_with('.')) && !name.starts_with("README")) {
            if !names.contains(&name) && !name.starts_with(OWN) {
                return Err(unknown("built-in template", name, &names).hint(format!("a template for others to include goes below `{OWN}`")));
            }
            texts.extend(folder.read(name)?.map(|text| (name.to_owned(), text.to_string())));
        }
        Ok(Self { texts })
    }

    /// Whether all are the built-in ones.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// What the lock says of them.
    pub fn overrides(&self) -> Vec<Override> {
        let hash = |text: &str| Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        self.texts.iter().map(|(name, text)| Override { name: name.clone(), sha256: hash(text) }).collect()
    }

    /// Renders with these from now on.
    ///
    /// # Errors
    /// Exit 2 when one is no template: the engine says where.
    pub fn put_to_use(&self) -> Result<InUse> {
        if !self.is_empty() {
            let mut tera = render::filters();
            let built_in = render::built_in();
            let below = built_in.iter().map(|(name, text)| (format!("{BUILT_IN}/{name}"), *text));
            let won: Vec<(String, &str)> = built_in
                .iter()
                .filter(|(name, _)| !self.texts.contains_key(name))
                .map(|(name, text)| (name.clone(), *text))
                .chain(below)
                .chain(self.texts.iter().map(|(name, text)| (name.clone(), text.as_str())))
                .collect();
            tera.add_raw_templates(won).map_err(|error| Error::new(Exit::Usage, format!("a template does not parse: {error}")))?;
            IN_USE.with(|engine| engine.replace(Some(Rc::new(tera))));
        }
        Ok(InUse(()))
    }

    /// Refuses files of which an override has taken a promise away, unless the item is waived.
    ///
    /// # Errors
    /// Exit 2, with the promise, and the line that breaks it.
    pub fn refuse_broken(&self, project: &Project, files: &[RenderedFile], waived: &BTreeMap<String, String>) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let texts: Vec<(String, Rc<str>)> = files.iter().map(|file| (file.path.clone(), file.text.as_str().into())).collect();
        let verdicts = checklist::judge(&Subject::of_files(project, &texts), waived);
        let broken = verdicts.iter().flat_map(|verdict| &verdict.findings).find_map(|finding| {
            let file = files.iter().find(|file| file.path == finding.at.file)?;
            (finding.severity == Severity::Error).then_some((finding, file))
        });
        let Some((finding, file)) = broken else { return Ok(()) };
        Err(self.broken(finding.id, &finding.message).at(dockerfile::place(&file.path, &file.text, finding.at.line.unwrap_or(1))))
    }

    /// The error for a promise that an override breaks.
    pub fn broken(&self, item: &str, what: &str) -> Error {
        let names: Vec<String> = self.texts.keys().map(|name| format!("`{name}`")).collect();
        Error::new(Exit::Usage, format!("the templates {} break the promise `{item}`: {what}", names.join(", ")))
            .hint(format!("`dockwright explain {item}` says why it is promised"))
            .hint(format!("to do without it, write in `dockwright.toml`, below `[waive]`: {item} = \"the reason\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Templates>) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let templates = Templates::read(Utf8Path::from_path(dir.path()).unwrap());
        (dir, templates)
    }

    #[test]
    fn a_name_that_is_no_template_is_refused() {
        let error = with(&[("Dockerfle", "x")]).1.err().unwrap();
        assert_eq!((error.exit, error.hints[0].as_str()), (Exit::Usage, "did you mean `Dockerfile`?"));
        assert!(with(&[("own/labels", "x"), ("README.md", "x")]).1.is_ok());
    }

    #[test]
    fn an_override_is_used_until_it_is_dropped_and_named_by_its_hash() {
        let (_dir, templates) = with(&[("dockerignore", "mine\n")]);
        let templates = templates.unwrap();
        let rendered = || render::template_text("dockerignore", &tera::Context::new());
        {
            let _in_use = templates.put_to_use().unwrap();
            assert_eq!(rendered().unwrap(), "mine\n");
        }
        assert_ne!(rendered().ok().as_deref(), Some("mine\n"));
        assert_eq!(templates.overrides()[0].sha256.len(), 64);
    }

    #[test]
    fn what_does_not_parse_is_said() {
        let (_dir, templates) = with(&[("dockerignore", "{% if %}")]);
        assert_eq!(templates.unwrap().put_to_use().err().unwrap().exit, Exit::Usage);
    }
}
