//! The package manager, its lockfile, and what its install needs beside that.

use toml::Value;

use super::manifests::Manifests;
use super::requirement::{Requirement, RequirementsFile, normal, resolve};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::project::Project;
use crate::toml_file::TomlFile;

/// Pinned tools of the build stage; none of them reaches the final image.
const POETRY: &str = "2.5.1";
const PDM: &str = "2.29.3";
/// Libraries of PDM's that it does not limit, and with whose next versions it does not run.
const PDM_LIMITS: [&str; 2] = ["hishel<2", "unearth<0.19"];
const PIPENV: &str = "2026.10.3";

/// Who installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Pip,
    Uv,
    Poetry,
    Pdm,
    Pipenv,
    Conda,
}

impl Name {
    /// As the contract spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pip => "pip",
            Self::Uv => "uv",
            Self::Poetry => "poetry",
            Self::Pdm => "pdm",
            Self::Pipenv => "pipenv",
            Self::Conda => "conda",
        }
    }
}

/// A package manager with what its install reads.
#[derive(Debug, Clone)]
pub struct PackageManager {
    /// Which.
    pub name: Found<Name>,
    /// The tool with its exact version, where the build image does not have it.
    pub tool: Vec<String>,
    /// Files that the install reads, all of them in the project.
    pub manifests: Vec<String>,
    /// Whether the lockfile is followed to the letter.
    pub locked: bool,
    /// Whether something in the lockfile has no hash.
    pub unhashed: bool,
    /// Options of the install: requirements files, constraints, hashes.
    pub options: Vec<String>,
    /// Where pip takes the requirements from.
    pub source: Source,
    /// Members of a workspace and other folders that are dependencies: their sources are installed with the project's.
    pub local: Vec<String>,
}

/// Where pip takes the requirements from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Requirements files, or the lockfile of another tool.
    Files,
    /// The `dependencies` of `pyproject.toml`.
    Pyproject,
    /// `setup.py` or `setup.cfg`: known only when the whole project is there.
    Setup,
    /// Words of our own, from a manifest that pip does not read.
    Words(Vec<String>),
    /// Nothing is installed.
    Nothing,
}

/// Finds it, and fills in the dependencies of the manifest that it reads.
///
/// # Errors
/// When a lockfile is broken or cannot be read.
pub fn detect(project: &Project, manifests: &mut Manifests, notes: &mut Vec<Note>) -> Result<PackageManager> {
    let mut found = candidates(project, manifests);
    if found.is_empty() {
        return Ok(PackageManager::new(Found::guess(Name::Pip, None), Source::Nothing));
    }
    let (name, evidence, lock) = found.remove(0);
    let mut chosen = if lock.is_some() { Found::certain(name, evidence) } else { Found::likely(name, evidence) };
    for (lost, evidence, _) in found {
        // `requirements.txt` is often exported for tools that know no lockfile: the lockfile is the source.
        if lost != name {
            notes.push(Note::warning(
                format!("both `{}` and `{}` are here: {} is taken; remove the other, or keep them equal", chosen.evidence[0].file, evidence.file, name.as_str()),
                Some(&evidence),
            ));
            chosen = chosen.over(lost.as_str(), "the lockfile goes first", evidence);
        }
    }
    let manager = PackageManager::new(chosen, Source::Files);
    match name {
        Name::Uv => uv(project, manifests, manager, notes),
        Name::Poetry => poetry(project, manifests, manager, notes),
        Name::Pdm => Ok(pdm(project, manifests, manager, notes)),
        Name::Pipenv => pipenv(project, manifests, manager, notes),
        Name::Conda => conda(project, manifests, manager, notes),
        Name::Pip => pip(project, manifests, manager, notes),
    }
}

/// Who could install, lockfiles first; with the lockfile where there is one.
fn candidates(project: &Project, manifests: &Manifests) -> Vec<(Name, Evidence, Option<&'static str>)> {
    let mut found = Vec::new();
    let pyproject = manifests.project();
    for (file, name, usable) in [
        ("uv.lock", Name::Uv, pyproject),
        ("poetry.lock", Name::Poetry, pyproject),
        ("pdm.lock", Name::Pdm, pyproject),
        ("Pipfile.lock", Name::Pipenv, manifests.pipfile.is_some()),
    ] {
        if usable && project.has(file) {
            found.push((name, Evidence::at(file, None, format!("the lockfile of {}", name.as_str())), Some(file)));
        }
    }
    if let Some(read) = &manifests.requirements_file {
        found.push((Name::Pip, Evidence::at(&read.files[0], 1, "pip's requirements"), None));
    }
    if !found.is_empty() {
        return found;
    }
    for (keys, name) in [(["tool", "poetry"], Name::Poetry), (["tool", "pdm"], Name::Pdm), (["tool", "uv"], Name::Uv)] {
        if let Some(file) = manifests.pyproject.as_ref().filter(|file| file.get(&keys).is_some()) {
            found.push((name, file.evidence(&keys, format!("settings of {}", name.as_str())), None));
        }
    }
    if manifests.pipfile.is_some() {
        found.push((Name::Pipenv, Evidence::at("Pipfile", 1, "pipenv's manifest"), None));
    }
    if found.is_empty() && pyproject {
        found.push((Name::Pip, Evidence::at("pyproject.toml", 1, "a project, and no lockfile of another tool"), None));
    }
    if found.is_empty()
        && let Some(file) = manifests.setup
    {
        found.push((Name::Pip, Evidence::at(file, 1, "setuptools"), None));
    }
    if found.is_empty()
        && let Some(file) = manifests.conda
    {
        found.push((Name::Conda, Evidence::at(file, 1, "a conda environment"), None));
    }
    found
}

impl PackageManager {
    fn new(name: Found<Name>, source: Source) -> Self {
        Self { name, tool: Vec::new(), manifests: Vec::new(), locked: false, unhashed: false, options: Vec::new(), source, local: Vec::new() }
    }
}

fn no_lockfile(manager: &PackageManager, command: &str, file: &str, notes: &mut Vec<Note>) {
    notes.push(Note::warning(
        format!("no lockfile: the install is not reproducible; run `{command}` and commit `{file}`"),
        manager.name.evidence.first(),
    ));
}

/// A direct dependency that the lockfile does not hold: then the lockfile is older than the manifest.
fn out_of_date(requirements: &[Requirement], locked: &[String], file: &str, command: &str, notes: &mut Vec<Note>) -> bool {
    let missing = requirements.iter().find(|requirement| !locked.contains(&requirement.name));
    if let Some(requirement) = missing {
        notes.push(Note::warning(
            format!("`{file}` is out of date, it has no `{}`: the install does not follow it to the letter; run `{command}` and commit it", requirement.name),
            Some(&requirement.evidence),
        ));
    }
    missing.is_some()
}

/// Names of the packages in a lockfile that has `[[package]]` tables.
fn locked_names(lock: &TomlFile) -> Vec<String> {
    let packages = lock.get(&["package"]).and_then(Value::as_array);
    packages.into_iter().flatten().filter_map(|package| package.get("name")?.as_str()).map(normal).collect()
}

fn uv(project: &Project, manifests: &mut Manifests, mut manager: PackageManager, notes: &mut Vec<Note>) -> Result<PackageManager> {
    manifests.requirements = manifests.pyproject_requirements();
    manager.manifests.push("pyproject.toml".to_owned());
    let Some(lock) = TomlFile::read(project, "uv.lock")? else {
        no_lockfile(&manager, "uv lock", "uv.lock", notes);
        return Ok(manager);
    };
    manager.manifests.push("uv.lock".to_owned());
    manager.locked = !out_of_date(&manifests.requirements, &locked_names(&lock), "uv.lock", "uv lock", notes);
    // Folders that are dependencies: uv wants to see their manifests to know that the lockfile still fits.
    for package in lock.get(&["package"]).and_then(Value::as_array).into_iter().flatten() {
        let source = ["editable", "virtual", "directory"].iter().find_map(|kind| package.get("source")?.get(kind)?.as_str());
        if let Some(path) = source.map(|path| resolve("", path)).filter(|path| !path.is_empty()) {
            for file in ["pyproject.toml", "setup.py", "setup.cfg"].map(|file| format!("{path}/{file}")) {
                if project.has(&file) {
                    manager.manifests.push(file);
                }
            }
            // What a member depends on is installed with the project: its libraries are the project's.
            if let Some(file) = TomlFile::read(project, &format!("{path}/pyproject.toml"))? {
                let texts = file.strings(&["project", "dependencies"]);
                let at = |text: &str, name: &str| Evidence::at(&file.path, file.line_of(text), format!("depends on `{name}`"));
                manifests.requirements.extend(texts.into_iter().filter_map(|text| Requirement::parse(text, |name| at(text, name))));
            }
            manager.local.push(path);
        }
    }
    Ok(manager)
}

fn poetry(project: &Project, manifests: &mut Manifests, mut manager: PackageManager, notes: &mut Vec<Note>) -> Result<PackageManager> {
    manifests.requirements = manifests.pyproject_requirements();
    manager.manifests.extend(project.first(".", &["poetry.toml"]).map(str::to_owned));
    manager.manifests.push("pyproject.toml".to_owned());
    let Some(lock) = TomlFile::read(project, "poetry.lock")? else {
        manager.tool.push(format!("poetry=={POETRY}"));
        no_lockfile(&manager, "poetry lock", "poetry.lock", notes);
        return Ok(manager);
    };
    manager.manifests.push("poetry.lock".to_owned());
    // The head of the lockfile names the Poetry that wrote it. One from before 1.8 is read by today's as well.
    let text = project.read("poetry.lock")?.unwrap_or_default();
    let writer = text
        .lines()
        .next()
        .and_then(|line| line.split("Poetry ").nth(1)?.split_whitespace().next())
        .filter(|version| crate::catalog::version_key(version) >= vec![1, 8] && version.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let version = writer.unwrap_or(POETRY);
    manager.tool.push(format!("poetry=={version}"));
    let export = if crate::catalog::version_key(version) < vec![2] { "1.8.0" } else { "1.9.0" };
    manager.tool.push(format!("poetry-plugin-export=={export}"));
    // What comes from git or a folder has no hash, and pip wants all or none.
    manager.unhashed = text.contains("type = \"git\"") || text.contains("type = \"directory\"");
    manager.locked = !out_of_date(&manifests.requirements, &locked_names(&lock), "poetry.lock", "poetry lock", notes);
    // Dependencies that are folders are installed by Poetry itself: they must be there.
    for (name, value) in manifests.get(&["tool", "poetry", "dependencies"]).and_then(Value::as_table).into_iter().flatten() {
        if let Some(path) = value.get("path").and_then(Value::as_str) {
            notes.push(Note::warning(
                format!("`{name}` is the folder `{path}`: it is copied before the dependencies, so a change in it installs them again"),
                manager.name.evidence.first(),
            ));
            manager.local.push(resolve("", path));
        }
    }
    Ok(manager)
}

fn pdm(project: &Project, manifests: &mut Manifests, mut manager: PackageManager, notes: &mut Vec<Note>) -> PackageManager {
    manifests.requirements = manifests.pyproject_requirements();
    manager.tool.push(format!("pdm=={PDM}"));
    manager.tool.extend(PDM_LIMITS.map(str::to_owned));
    manager.manifests.push("pyproject.toml".to_owned());
    let Ok(Some(lock)) = TomlFile::read(project, "pdm.lock") else {
        no_lockfile(&manager, "pdm lock", "pdm.lock", notes);
        return manager;
    };
    manager.manifests.push("pdm.lock".to_owned());
    manager.locked = !out_of_date(&manifests.requirements, &locked_names(&lock), "pdm.lock", "pdm lock", notes);
    manager
}

fn pipenv(project: &Project, manifests: &mut Manifests, mut manager: PackageManager, notes: &mut Vec<Note>) -> Result<PackageManager> {
    manifests.requirements = manifests.pipfile_requirements();
    manager.tool.push(format!("pipenv=={PIPENV}"));
    manager.manifests.push("Pipfile".to_owned());
    let Some(lock) = crate::json_file::JsonFile::read(project, "Pipfile.lock")? else {
        no_lockfile(&manager, "pipenv lock", "Pipfile.lock", notes);
        return Ok(manager);
    };
    manager.manifests.push("Pipfile.lock".to_owned());
    let locked: Vec<String> =
        lock.get(&["default"]).and_then(serde_json::Value::as_object).into_iter().flat_map(|table| table.keys()).map(|name| normal(name)).collect();
    manager.locked = !out_of_date(&manifests.requirements, &locked, "Pipfile.lock", "pipenv lock", notes);
    Ok(manager)
}

fn conda(project: &Project, manifests: &mut Manifests, mut manager: PackageManager, notes: &mut Vec<Note>) -> Result<PackageManager> {
    manifests.requirements = manifests.conda_requirements(project)?;
    notes.push(Note::warning(
        "conda environments are not built: its Python packages are installed by pip under the same names, which fits most but not all; \
         write a `requirements.txt` or a `uv.lock` to have them locked",
        manager.name.evidence.first(),
    ));
    let words = manifests.requirements.iter().map(|requirement| {
        let extras = if requirement.extras.is_empty() { String::new() } else { format!("[{}]", requirement.extras.join(",")) };
        format!("{}{extras}{}", requirement.name, requirement.wish.replace(' ', ""))
    });
    manager.source = Source::Words(words.collect());
    Ok(manager)
}

fn pip(project: &Project, manifests: &mut Manifests, mut manager: PackageManager, notes: &mut Vec<Note>) -> Result<PackageManager> {
    let Some(read) = manifests.requirements_file.clone() else { return pip_project(project, manifests, manager, notes) };
    let RequirementsFile { files, requirements, hashes, local, indexes: _, missing } = read;
    for evidence in missing {
        notes.push(Note::warning(format!("`{}` is named here and does not exist", evidence.reason), Some(&evidence)));
    }
    if hashes {
        manager.options.push("--require-hashes".to_owned());
    }
    manager.options.extend(["-r".to_owned(), files[0].clone()]);
    // A constraints file that no requirements file names is meant for the command line.
    if project.has("constraints.txt") && !files.iter().any(|file| file == "constraints.txt") {
        manager.options.extend(["-c".to_owned(), "constraints.txt".to_owned()]);
        manager.manifests.push("constraints.txt".to_owned());
    }
    let unpinned = requirements.iter().find(|requirement| requirement.pinned().is_none() && !requirement.is_git());
    if let Some(requirement) = unpinned.filter(|_| !hashes && !manager.options.iter().any(|option| option == "-c")) {
        notes.push(Note::warning(
            format!("`{}` is not pinned: two builds may differ; lock it, for example with `uv pip compile`", requirement.name),
            Some(&requirement.evidence),
        ));
    }
    manager.locked = hashes;
    if let Some(evidence) = local {
        manager.source = Source::Setup;
        notes.push(Note::warning(
            "a folder of the project is installed as a requirement: every change of the source installs all of them again",
            Some(&evidence),
        ));
    }
    manager.manifests.extend(files);
    manifests.requirements = requirements;
    if manager.source == Source::Setup {
        manifests.requirements.extend(manifests.pyproject_requirements());
        manifests.requirements.extend(manifests.setup_requirements(project)?);
    }
    Ok(manager)
}

/// `pip install .`, with the dependencies first where a file lists them.
fn pip_project(project: &Project, manifests: &mut Manifests, mut manager: PackageManager, notes: &mut Vec<Note>) -> Result<PackageManager> {
    let dynamic = manifests.get(&["project", "dynamic"]).and_then(Value::as_array).into_iter().flatten();
    let dynamic = dynamic.filter_map(Value::as_str).any(|field| field == "dependencies");
    let listed = manifests.get(&["project"]).is_some() && !dynamic;
    manifests.requirements = manifests.pyproject_requirements();
    if listed {
        manager.manifests.push("pyproject.toml".to_owned());
        manager.source = if manifests.requirements.is_empty() { Source::Nothing } else { Source::Pyproject };
    } else {
        manifests.requirements.extend(manifests.setup_requirements(project)?);
        manager.source = Source::Setup;
    }
    if manager.source != Source::Nothing {
        let message = "no lockfile: the install is not reproducible; run `uv lock` and commit `uv.lock`, or pin with `uv pip compile`";
        notes.push(Note::warning(message, manager.name.evidence.first()));
    }
    Ok(manager)
}
