//! What the manifests of a Python project say: dependencies, entry points, the package itself.

use toml::Value;

use super::requirement::{Requirement, RequirementsFile, normal};
use crate::error::Result;
use crate::found::Evidence;
use crate::project::Project;
use crate::toml_file::TomlFile;

/// Names of requirements files, the one for production first where there are several.
const REQUIREMENTS: &[&str] = &[
    "requirements.txt", "requirements-prod.txt", "requirements-production.txt", "requirements.prod.txt", "requirements_prod.txt",
    "requirements/prod.txt", "requirements/production.txt", "requirements/requirements.txt", "requirements/base.txt",
    "requirements/main.txt", "requirements/common.txt", "requirements.lock", "reqs.txt", "requirements.in",
];

/// Everything that was read.
#[derive(Debug, Clone, Default)]
pub struct Manifests {
    /// `pyproject.toml`.
    pub pyproject: Option<TomlFile>,
    /// `Pipfile`.
    pub pipfile: Option<TomlFile>,
    /// The requirements file, with its path.
    pub requirements_file: Option<RequirementsFile>,
    /// Direct dependencies of production, from whichever manifest the package manager reads.
    pub requirements: Vec<Requirement>,
    /// Ranges of Python that lockfiles and `setup.py` name.
    pub requires_python: Vec<(String, Evidence)>,
    /// `setup.py` or `setup.cfg`.
    pub setup: Option<&'static str>,
    /// `environment.yml`.
    pub conda: Option<&'static str>,
}

impl Manifests {
    /// Reads them all.
    ///
    /// # Errors
    /// When one is broken or cannot be read.
    pub fn read(project: &Project) -> Result<Self> {
        let requirements_file = match project.first(".", REQUIREMENTS) {
            Some(path) => Some(RequirementsFile::read(project, path)?),
            None => None,
        };
        let mut manifests = Self {
            pyproject: TomlFile::read(project, "pyproject.toml")?,
            pipfile: TomlFile::read(project, "Pipfile")?,
            requirements_file,
            setup: project.first(".", &["setup.py", "setup.cfg"]),
            conda: project.first(".", &["environment.yml", "environment.yaml", "conda.yml"]),
            ..Self::default()
        };
        manifests.read_requires_python(project)?;
        Ok(manifests)
    }

    /// Whether a file of one of these names is there: looked at first, since most folders hold no Python.
    pub fn present(project: &Project) -> bool {
        let names = ["pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "environment.yml", "environment.yaml", "conda.yml"];
        project.first(".", &names).or_else(|| project.first(".", REQUIREMENTS)).is_some()
    }

    /// Whether the build reads the version from git.
    pub fn versioned_by_git(&self) -> bool {
        let requires = self.get(&["build-system", "requires"]).and_then(Value::as_array).into_iter().flatten();
        let tools = ["setuptools-scm", "setuptools_scm", "hatch-vcs", "versioningit", "poetry-dynamic-versioning", "pdm-backend"];
        let dynamic = self.get(&["project", "dynamic"]).and_then(Value::as_array).into_iter().flatten().any(|field| field.as_str() == Some("version"));
        dynamic && requires.filter_map(Value::as_str).any(|text| tools.iter().any(|tool| text.starts_with(tool)))
    }

    /// Whether any manifest is there. A `pyproject.toml` that only configures tools is none.
    pub fn any(&self) -> bool {
        self.project() || self.pipfile.is_some() || self.requirements_file.is_some() || self.setup.is_some() || self.conda.is_some()
    }

    /// Whether `pyproject.toml` describes a project.
    pub fn project(&self) -> bool {
        let sections = [&["project"][..], &["tool", "poetry"], &["tool", "pdm"], &["tool", "uv"], &["build-system"]];
        self.pyproject.as_ref().is_some_and(|file| sections.iter().any(|keys| file.get(keys).is_some()))
    }

    /// The string at a path of keys of `pyproject.toml`.
    pub fn str(&self, keys: &[&str]) -> Option<&str> {
        self.pyproject.as_ref()?.str(keys)
    }

    /// The value at a path of keys of `pyproject.toml`.
    pub fn get(&self, keys: &[&str]) -> Option<&Value> {
        self.pyproject.as_ref()?.get(keys)
    }

    /// The project's name.
    pub fn name(&self) -> Option<&str> {
        self.str(&["project", "name"]).or_else(|| self.str(&["tool", "poetry", "name"]))
    }

    /// A direct dependency.
    pub fn dependency(&self, name: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.name == name)
    }

    /// The first of several direct dependencies.
    pub fn first_dependency(&self, names: &[&str]) -> Option<&Requirement> {
        names.iter().find_map(|name| self.dependency(name))
    }

    /// Dependencies of `pyproject.toml`, in the standard table and in Poetry's.
    pub fn pyproject_requirements(&self) -> Vec<Requirement> {
        let Some(file) = &self.pyproject else { return Vec::new() };
        let reason = |name: &str| format!("depends on `{name}`");
        let mut found: Vec<Requirement> = file
            .strings(&["project", "dependencies"])
            .into_iter()
            .filter_map(|text| Requirement::parse(text, |name| Evidence::at(&file.path, file.line_of(text), reason(name))))
            .collect();
        let keys = ["tool", "poetry", "dependencies"];
        for (name, value) in file.get(&keys).and_then(Value::as_table).into_iter().flatten().filter(|(name, _)| *name != "python") {
            let evidence = file.evidence(&["tool", "poetry", "dependencies", name], reason(name));
            found.push(from_table(name, value, evidence));
        }
        found
    }

    /// Dependencies of the `Pipfile`.
    pub fn pipfile_requirements(&self) -> Vec<Requirement> {
        let Some(file) = &self.pipfile else { return Vec::new() };
        let packages = file.get(&["packages"]).and_then(Value::as_table).into_iter().flatten();
        packages
            .map(|(name, value)| from_table(name, value, file.evidence(&["packages", name], format!("depends on `{name}`"))))
            .collect()
    }

    /// Dependencies of `setup.py` and `setup.cfg`, as far as they are written out.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn setup_requirements(&self, project: &Project) -> Result<Vec<Requirement>> {
        let mut found = Vec::new();
        for path in ["setup.cfg", "setup.py"] {
            let Some(text) = project.read(path)? else { continue };
            let Some(at) = text.find("install_requires") else { continue };
            let first = text[..at].matches('\n').count() + 1;
            let block = &text[at + "install_requires".len()..];
            // setup.cfg: the indented lines below; setup.py: the quoted words up to the closing bracket.
            let end = if path == "setup.cfg" {
                block.find("\n[").or_else(|| block[1..].find("\n\n")).unwrap_or(block.len())
            } else {
                block.find(']').unwrap_or(0)
            };
            for (offset, line) in block[..end].lines().enumerate() {
                let line = line.trim_start_matches([' ', '\t', '=', '[', '"', '\'']).trim_end_matches(['"', '\'', ',', ' ']);
                for text in line.split("\",").flat_map(|part| part.split("',")) {
                    let text = text.trim_matches([' ', '"', '\'', ',']);
                    let at = |name: &str| Evidence::at(path, first + offset, format!("depends on `{name}`"));
                    found.extend(Requirement::parse(text, at));
                }
            }
        }
        Ok(found)
    }

    /// Dependencies of `environment.yml` as pip would write them; conda's own tools are left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn conda_requirements(&mut self, project: &Project) -> Result<Vec<Requirement>> {
        let Some(path) = self.conda else { return Ok(Vec::new()) };
        let Some(text) = project.read(path)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let mut inside = false;
        for (index, line) in text.lines().enumerate() {
            let item = line.trim().strip_prefix("- ");
            inside = if item.is_none() && !line.trim().is_empty() { line.trim() == "dependencies:" } else { inside };
            let Some(item) = item.filter(|_| inside) else { continue };
            let item = item.trim().trim_matches(['"', '\'']);
            let item = item.rsplit("::").next().unwrap_or(item);
            let evidence = Evidence::at(path, index + 1, format!("depends on `{item}`"));
            if let Some(version) = item.strip_prefix("python").filter(|rest| rest.starts_with(['=', '<', '>', ' '])) {
                let range = version.trim_start_matches('=').to_owned();
                self.requires_python.push((range, evidence));
            } else if let Some(text) = from_conda(item) {
                found.extend(Requirement::parse(&text, |_| evidence));
            }
        }
        Ok(found)
    }

    fn read_requires_python(&mut self, project: &Project) -> Result<()> {
        for (path, key) in [("setup.cfg", "python_requires"), ("setup.py", "python_requires")] {
            let Some(text) = project.read(path)? else { continue };
            let line = text.lines().enumerate().find(|(_, line)| line.trim_start().starts_with(key));
            if let Some((index, line)) = line
                && let Some((_, range)) = line.split_once('=')
            {
                let range = range.trim().trim_matches([',', '"', '\'', ' ']).to_owned();
                let evidence = Evidence::at(path, index + 1, format!("asks for `{range}`"));
                self.requires_python.push((range, evidence));
            }
        }
        // The head of uv.lock says it too; the whole of the file is read only where it is needed.
        if let Ok(Some(text)) = project.read("uv.lock")
            && let Some((index, line)) = text.lines().take(8).enumerate().find(|(_, line)| line.starts_with("requires-python"))
        {
            let range = line.split_once('=').map_or("", |(_, range)| range).trim().trim_matches('"').to_owned();
            self.requires_python.push((range.clone(), Evidence::at("uv.lock", index + 1, format!("asks for `{range}`"))));
        }
        Ok(())
    }
}

/// `requests = "*"`, `uvicorn = { version = "^0.30", extras = ["standard"] }`.
fn from_table(name: &str, value: &Value, evidence: Evidence) -> Requirement {
    let table = value.as_table();
    let field = |key: &str| table.and_then(|table| table.get(key));
    let extras = field("extras").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect();
    let wish = match (value.as_str(), field("git").and_then(Value::as_str)) {
        (Some(version), _) => version.to_owned(),
        (None, Some(url)) => format!("git+{url}"),
        (None, None) => field("version").and_then(Value::as_str).unwrap_or_default().to_owned(),
    };
    Requirement { name: normal(name), extras, wish, evidence }
}

/// `numpy=1.26` is `numpy==1.26.*` for pip; what is no Python package is `None`.
fn from_conda(item: &str) -> Option<String> {
    let name_end = item.find(['=', '<', '>', ' ', '!', '[']).unwrap_or(item.len());
    let (name, version) = item.split_at(name_end);
    let name = match name {
        "pip" | "pip:" | "python" | "conda" | "mamba" | "setuptools" | "wheel" | "ca-certificates" | "openssl" | "nodejs" | "cudatoolkit"
        | "pytorch-cuda" | "cpuonly" | "libgcc" | "git" | "make" | "gcc" | "gxx" | "compilers" => return None,
        "pytorch" => "torch",
        "pytables" => "tables",
        "py-opencv" | "opencv" => "opencv-python-headless",
        "matplotlib-base" => "matplotlib",
        "msgpack-python" => "msgpack",
        name => name,
    };
    let version = version.trim();
    Some(if version.starts_with("==") || version.is_empty() || version.starts_with(['<', '>', '!', '[']) {
        format!("{name}{version}")
    } else {
        // A build string, as in `numpy=1.26=py311h`, is conda's own.
        let version = version.trim_start_matches('=').split('=').next().unwrap_or_default().trim_end_matches(".*");
        format!("{name}=={version}.*")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_names_its_dependencies() {
        let project = Project::from_files([
            (
                "pyproject.toml",
                "[project]\nname = 'x'\ndependencies = [\n  'fastapi[standard]>=0.115',\n]\n[tool.poetry.dependencies]\npython = '^3.11'\nUvicorn = { version = '^0.30', extras = ['standard'] }\n",
            ),
            ("Pipfile", "[packages]\nflask = '*'\n[dev-packages]\npytest = '*'\n"),
            ("setup.cfg", "[options]\ninstall_requires =\n    bottle>=0.12\n    requests\n\n[options.extras_require]\ndev =\n    pytest\n"),
            ("setup.py", "setup(\n  install_requires=[\n    'flask>=2',\n    \"gunicorn\",\n  ],\n  python_requires='>=3.9',\n)\n"),
            ("environment.yml", "name: x\ndependencies:\n  - python=3.12\n  - numpy=1.26\n  - conda-forge::flask\n  - pip\n  - pip:\n    - gunicorn==23.0\n"),
        ]);
        let mut manifests = Manifests::read(&project).unwrap();
        let names = |found: Vec<Requirement>| found.into_iter().map(|found| format!("{}{}", found.name, found.wish)).collect::<Vec<_>>();
        assert_eq!(manifests.pyproject_requirements()[0].evidence.line, Some(4));
        assert_eq!(names(manifests.pyproject_requirements()), ["fastapi>=0.115", "uvicorn^0.30"]);
        assert_eq!(names(manifests.pipfile_requirements()), ["flask*"]);
        assert_eq!(names(manifests.setup_requirements(&project).unwrap()), ["bottle>=0.12", "requests", "flask>=2", "gunicorn"]);
        assert_eq!(names(manifests.conda_requirements(&project).unwrap()), ["numpy==1.26.*", "flask", "gunicorn==23.0"]);
        assert_eq!(manifests.requires_python[0].0, ">=3.9");
    }
}
