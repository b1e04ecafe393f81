//! What is judged: the container files of a project, read once.

use std::rc::Rc;

use serde_json::Value;

use super::Spot;
use crate::dockerfile::{self, Dockerfile};
use crate::dockerignore::Matcher;
use crate::error::{Error, Exit, Result};
use crate::project::{Project, join};

/// The container files of a project.
pub struct Subject<'p> {
    /// The project, for what lies beside them.
    pub project: &'p Project,
    /// Dockerfiles.
    pub dockerfiles: Vec<ContainerFile>,
    /// Kubernetes objects.
    pub kubernetes: Vec<Document>,
    /// Compose files.
    pub compose: Vec<Document>,
    /// Pipelines of CI.
    pub pipelines: Vec<Document>,
}

/// A Dockerfile with its `.dockerignore`.
pub struct ContainerFile {
    /// Path.
    pub path: String,
    /// Its text.
    pub text: Rc<str>,
    /// Parsed.
    pub file: Dockerfile,
    /// What the builder leaves out.
    pub ignore: Option<(String, Matcher)>,
}

/// A YAML document.
pub struct Document {
    /// Path of its file.
    pub path: String,
    /// Text of the file.
    pub text: Rc<str>,
    /// Parsed; null when it is no plain YAML.
    pub value: Value,
    /// Its first line in the file, from 1.
    first: usize,
}

impl ContainerFile {
    /// A line of it.
    pub fn at(&self, line: usize) -> Spot {
        Spot::new(&self.path, line)
    }
}

impl Document {
    /// The first line that holds a text, else the document's first.
    pub fn at(&self, text: &str) -> Spot {
        let line = self.text.lines().enumerate().skip(self.first - 1).find(|(_, line)| line.contains(text));
        Spot::new(&self.path, line.map_or(self.first, |(index, _)| index + 1))
    }
}

impl<'p> Subject<'p> {
    /// Reads all container files of a project.
    ///
    /// # Errors
    /// Exit 4 when a Dockerfile cannot be read or parsed: the error points at the line.
    pub fn of_project(project: &'p Project) -> Result<Self> {
        let mut subject = Self::empty(project);
        for path in project.files() {
            if is_interesting(path)
                && let Some(text) = project.read(path)?
            {
                subject.add(path, text)?;
            }
        }
        subject.find_ignore_files(|path| project.read(path))?;
        Ok(subject)
    }

    /// The files that a run leaves. Of a sort that it does not write, those that are in the project. What cannot be read, or
    /// holds conflict markers, is left out: that is no reason to refuse a run.
    pub fn of_files(project: &'p Project, files: &[(String, Rc<str>)]) -> Self {
        let mut subject = Self::empty(project);
        for (path, text) in files {
            let _ = subject.add(path, text.clone());
        }
        let written = |path: &str| files.iter().find(|(name, _)| name == path).map(|(_, text)| text.clone());
        let _ = subject.find_ignore_files(|path| Ok(written(path).or_else(|| project.read(path).ok().flatten())));
        let mut others = Self::empty(project);
        for path in project.files().filter(|path| is_interesting(path) && !is_dockerfile(path) && written(path).is_none()) {
            if let Ok(Some(text)) = project.read(path) {
                let _ = others.add(path, text);
            }
        }
        let fill = |own: &mut Vec<Document>, other: Vec<Document>| if own.is_empty() { *own = other };
        fill(&mut subject.kubernetes, others.kubernetes);
        fill(&mut subject.compose, others.compose);
        fill(&mut subject.pipelines, others.pipelines);
        subject
    }

    fn empty(project: &'p Project) -> Self {
        Self { project, dockerfiles: Vec::new(), kubernetes: Vec::new(), compose: Vec::new(), pipelines: Vec::new() }
    }

    /// Whether there is anything to judge.
    pub fn is_empty(&self) -> bool {
        self.dockerfiles.is_empty() && self.kubernetes.is_empty() && self.compose.is_empty()
    }

    fn add(&mut self, path: &str, text: Rc<str>) -> Result<()> {
        // A template is judged by what it makes.
        if text.contains("{% ") {
            return Ok(());
        }
        if is_dockerfile(path) {
            let file = dockerfile::read(&text).map_err(|(line, what)| {
                Error::new(Exit::Unsupported, format!("`{path}` is no Dockerfile: {what}"))
                    .at(dockerfile::place(path, &text, line))
                    .hint("mend the line; `docker build --check` says more about it")
            })?;
            self.dockerfiles.push(ContainerFile { path: path.to_owned(), text, file, ignore: None });
        } else if is_pipeline(path) {
            self.pipelines.extend(documents(path, &text));
        } else if is_compose(path) {
            self.compose.extend(documents(path, &text));
        } else if is_yaml(path) && text.contains("apiVersion:") {
            let objects = documents(path, &text).into_iter().filter(|document| document.value["kind"].is_string());
            self.kubernetes.extend(objects);
        }
        Ok(())
    }

    /// The ignore file of each Dockerfile: beside it under its own name, else the folder's, else the root's.
    fn find_ignore_files(&mut self, read: impl Fn(&str) -> Result<Option<Rc<str>>>) -> Result<()> {
        for file in &mut self.dockerfiles {
            let folder = file.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
            for path in [format!("{}.dockerignore", file.path), join(folder, ".dockerignore"), ".dockerignore".to_owned()] {
                if let Some(text) = read(&path)? {
                    file.ignore = Matcher::new(&text).ok().map(|matcher| (path, matcher));
                    break;
                }
            }
        }
        Ok(())
    }
}

fn documents(path: &str, text: &Rc<str>) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut first = 1;
    let mut part = String::new();
    for (index, line) in text.lines().chain(["---"]).enumerate() {
        if line.trim_end() == "---" {
            // A template of Helm is no YAML: it is searched as text only.
            let value = serde_saphyr::from_str::<Value>(&part).unwrap_or_default();
            if !part.trim().is_empty() {
                documents.push(Document { path: path.to_owned(), text: text.clone(), value, first });
            }
            part.clear();
            first = index + 2;
        } else {
            part.push_str(line);
            part.push('\n');
        }
    }
    documents
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn is_interesting(path: &str) -> bool {
    (is_dockerfile(path) || is_pipeline(path) || is_yaml(path)) && !path.starts_with(".devcontainer/")
}

/// `Dockerfile`, `Dockerfile.worker`, `worker.Dockerfile`, `Containerfile`.
fn is_dockerfile(path: &str) -> bool {
    const OTHERS: &[&str] = &["dockerignore", "j2", "jinja", "jinja2", "tmpl", "tpl", "template", "erb", "md", "orig", "dockwright-new", "sh", "py", "rs", "go", "js", "ts"];
    let name = name(path);
    let suffix = |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.strip_prefix('.').is_some_and(|rest| !OTHERS.iter().any(|other| rest.ends_with(other))));
    matches!(name, "Dockerfile" | "Containerfile") || suffix("Dockerfile") || suffix("Containerfile") || name.ends_with(".Dockerfile") || name.ends_with(".dockerfile")
}

fn is_compose(path: &str) -> bool {
    let name = name(path);
    is_yaml(path) && (name.starts_with("compose.") || name.starts_with("docker-compose"))
}

fn is_pipeline(path: &str) -> bool {
    const NAMES: &[&str] = &[".gitlab-ci.yml", "Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".drone.yml", "cloudbuild.yaml"];
    NAMES.contains(&path) || (path.starts_with(".github/workflows/") && is_yaml(path)) || path == ".circleci/config.yml"
}
