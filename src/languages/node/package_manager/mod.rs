//! The package manager: which one and which version (this file), its commands (`tool`), its lockfile (`lockfile`).

mod lockfile;
mod tool;

pub use lockfile::Lockfile;
pub use tool::{Tool, newest};

use super::workspace::Workspace;
use crate::error::Result;
use crate::found::{Confidence, Evidence, Found, Rejected};
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::project::Project;
use crate::toml_file::TomlFile;
use crate::yaml_file::YamlFile;

/// A package manager with what its install reads.
#[derive(Debug, Clone)]
pub struct PackageManager {
    /// As the contract spells it.
    pub name: Found<String>,
    /// Which one.
    pub tool: Tool,
    /// The exact version that is put into the build image; `None` for the one that the image brings.
    pub version: Option<Found<String>>,
    /// Yarn's own release, kept in the repository.
    pub vendored: Option<String>,
    /// Whether Yarn can install what runs in production alone: it can from 4 on, before with a plugin.
    pub focus: bool,
    /// The lockfile, at the root.
    pub lockfile: Option<Lockfile>,
}

/// A reason to take a package manager.
struct Wish {
    tool: Tool,
    version: Option<String>,
    confidence: Confidence,
    evidence: Evidence,
}

/// Finds it. The manifest's own word goes before the lockfiles, those before hints.
///
/// # Errors
/// When a file that decides cannot be parsed.
pub fn detect(project: &Project, manifest: &JsonFile, workspace: Option<&Workspace>, notes: &mut Vec<Note>) -> Result<PackageManager> {
    if !manifest.path.contains("package.json") {
        let name = Found::likely("none".to_owned(), Evidence::at(&manifest.path, 1, "no manifest: nothing to install"));
        return Ok(PackageManager { name, tool: Tool::Npm, version: None, vendored: None, focus: false, lockfile: None });
    }
    let mut wishes = named(manifest);
    let lockfiles = locked(project)?;
    let present: Vec<&str> = lockfiles.iter().map(|wish| wish.evidence.file.as_str()).collect();
    let several = lockfiles.windows(2).any(|pair| pair[0].tool.name() != pair[1].tool.name());
    if several {
        let names: Vec<String> = present.iter().map(|file| format!("`{file}`")).collect();
        let chosen = wishes.first().or(lockfiles.first()).map_or("npm", |wish| wish.tool.name());
        notes.push(Note::warning(
            format!("{} are lockfiles of different package managers: {chosen} is used; remove what is not in use", names.join(" and ")),
            lockfiles.first().map(|wish| &wish.evidence),
        ));
    }
    wishes.extend(lockfiles);
    wishes.extend(hints(project, manifest)?);
    let default = Wish {
        tool: Tool::Npm,
        version: None,
        confidence: Confidence::Guess,
        evidence: Evidence::at(&manifest.path, 1, "no lockfile names another"),
    };
    wishes.push(default);
    let mut wishes = wishes.into_iter();
    let Some(first) = wishes.next() else { return Err(crate::error::Error::bug("no package manager")) };
    let tool = generation(project, first.tool, first.version.as_deref())?;
    let lockfile = Lockfile::find(project, tool)?;
    let mut name = Found { value: tool.name().to_owned(), confidence: first.confidence, evidence: vec![first.evidence], rejected: vec![] };
    for wish in wishes.filter(|wish| wish.confidence != Confidence::Guess) {
        if wish.tool.name() == tool.name() {
            name.evidence.push(wish.evidence);
        } else {
            let reason = format!("{} says {}", name.evidence[0].place(), tool.name());
            name.rejected.push(Rejected { value: wish.tool.name().to_owned(), reason, evidence: wish.evidence });
        }
    }
    let version = match first.version {
        Some(version) => Some(Found::certain(version, name.evidence[0].clone())),
        None => from_format(project, tool, manifest, lockfile.as_ref())?,
    };
    let vendored = vendored(project)?.filter(|_| tool == Tool::Yarn);
    note_lockfile(&name, tool, lockfile.as_ref(), manifest, workspace, notes);
    let major = version.as_ref().and_then(|version| version.value.split('.').next()?.parse::<u32>().ok()).unwrap_or_default();
    let focus = major >= 4 || project.exists(".yarn/plugins/@yarnpkg/plugin-workspace-tools.cjs");
    if tool == Tool::Yarn && !focus {
        notes.push(Note::info(
            "Yarn before 4 leaves development dependencies out only with its plugin `workspace-tools`: all dependencies go into the image",
            name.evidence.first(),
        ));
    }
    Ok(PackageManager { name, tool, version, vendored, focus, lockfile })
}

/// What the manifest says in so many words: `packageManager`, `devEngines`, `volta`.
fn named(manifest: &JsonFile) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let mut add = |name: &str, version: Option<&str>, keys: &[&str], reason: String| {
        let Some(tool) = Tool::parse(name, version) else { return };
        // Corepack's format: an exact version, with a hash that is no part of it.
        let version = version.and_then(|version| version.split(['+', ' ']).next()).filter(|version| is_exact(version));
        let evidence = manifest.evidence(keys, reason);
        wishes.push(Wish { tool, version: version.map(str::to_owned), confidence: Confidence::Certain, evidence });
    };
    if let Some(text) = manifest.str(&["packageManager"]) {
        let (name, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
        let short = text.split('+').next().unwrap_or(text);
        add(name, version, &["packageManager"], format!("`packageManager` is `{short}`"));
    }
    let keys = ["devEngines", "packageManager"];
    let engine = manifest.get(&keys).map(|value| value.get(0).unwrap_or(value));
    if let Some(name) = engine.and_then(|engine| engine.get("name")).and_then(|name| name.as_str()) {
        let version = engine.and_then(|engine| engine.get("version")).and_then(|version| version.as_str());
        add(name, version, &keys, format!("`devEngines` names {name}"));
    }
    for name in ["pnpm", "yarn"] {
        if let Some(version) = manifest.str(&["volta", name]) {
            add(name, Some(version), &["volta", name], format!("volta pins {name} {version}"));
        }
    }
    wishes
}

/// The lockfiles, strongest first.
fn locked(project: &Project) -> Result<Vec<Wish>> {
    let mut wishes = Vec::new();
    for (file, tool, what) in [
        ("pnpm-lock.yaml", Tool::Pnpm, "pnpm's lockfile"),
        ("yarn.lock", Tool::Yarn1, "Yarn's lockfile"),
        ("bun.lock", Tool::Bun, "bun's lockfile"),
        ("bun.lockb", Tool::Bun, "bun's lockfile"),
        ("npm-shrinkwrap.json", Tool::Npm, "npm's lockfile"),
        ("package-lock.json", Tool::Npm, "npm's lockfile"),
    ] {
        if project.has(file) {
            let tool = generation(project, tool, None)?;
            wishes.push(Wish { tool, version: None, confidence: Confidence::Certain, evidence: Evidence::at(file, None, what) });
        }
    }
    Ok(wishes)
}

/// Weaker signs: settings of one tool, `engines`, a version manager, scripts that call it.
fn hints(project: &Project, manifest: &JsonFile) -> Result<Vec<Wish>> {
    let mut wishes = Vec::new();
    let mut add = |tool, version: Option<&str>, evidence| {
        let version = version.filter(|version| is_exact(version)).map(str::to_owned);
        wishes.push(Wish { tool, version, confidence: Confidence::Likely, evidence });
    };
    for (file, tool) in
        [("pnpm-workspace.yaml", Tool::Pnpm), ("bunfig.toml", Tool::Bun), (".yarnrc.yml", Tool::Yarn), (".yarnrc", Tool::Yarn1)]
    {
        if project.has(file) {
            add(tool, None, Evidence::at(file, None, format!("settings of {}", tool.name())));
        }
    }
    for name in ["pnpm", "yarn", "bun"] {
        if let Some(range) = manifest.str(&["engines", name])
            && let Some(tool) = Tool::parse(name, Some(range))
        {
            add(tool, Some(range), manifest.evidence(&["engines", name], format!("`engines.{name}` asks for `{range}`")));
        }
    }
    if let Some(mise) = TomlFile::read(project, "mise.toml")? {
        for name in ["pnpm", "yarn", "bun"] {
            if let Some(version) = mise.str(&["tools", name])
                && let Some(tool) = Tool::parse(name, Some(version))
            {
                add(tool, Some(version), mise.evidence(&["tools", name], format!("asks for {name} {version}")));
            }
        }
    }
    let scripts = manifest.get(&["scripts"]).and_then(|scripts| scripts.as_object());
    for (script, text) in scripts.into_iter().flatten() {
        let Some(text) = text.as_str() else { continue };
        for (word, tool) in [("pnpm ", Tool::Pnpm), ("yarn ", Tool::Yarn1), ("bun ", Tool::Bun), ("bunx ", Tool::Bun)] {
            if text.starts_with(word) || text.contains(&format!("&& {word}")) {
                let name = tool.name();
                add(tool, None, manifest.evidence(&["scripts", script], format!("`{script}` calls {name}")));
            }
        }
    }
    Ok(wishes)
}

/// Yarn 1 or a later one.
fn generation(project: &Project, tool: Tool, version: Option<&str>) -> Result<Tool> {
    if !matches!(tool, Tool::Yarn | Tool::Yarn1) || version.is_some() {
        return Ok(tool);
    }
    let modern = match project.read("yarn.lock")? {
        Some(text) if !text.trim().is_empty() => text.contains("__metadata:"),
        _ => project.has(".yarnrc.yml") || tool == Tool::Yarn,
    };
    Ok(if modern { Tool::Yarn } else { Tool::Yarn1 })
}

/// The version that the lockfile's format asks for; the newest of its line.
fn from_format(project: &Project, tool: Tool, manifest: &JsonFile, lockfile: Option<&Lockfile>) -> Result<Option<Found<String>>> {
    let found = |line: &str, reason: String| {
        let evidence = lockfile.map_or_else(|| Evidence::at(&manifest.path, 1, "no lockfile"), |file| Evidence::at(&file.path, None, reason));
        Some(Found::likely(newest(tool, line).to_owned(), evidence))
    };
    let engines = manifest.str(&["engines", tool.name()]);
    let line = engines.and_then(|range| tool::line_for(tool, range));
    if let (Some(line), Some(range)) = (&line, engines)
        && tool != Tool::Npm
    {
        let evidence = manifest.evidence(&["engines", tool.name()], format!("`engines.{}` asks for `{range}`", tool.name()));
        return Ok(Some(Found::likely(newest(tool, line).to_owned(), evidence)));
    }
    let format = lockfile.and_then(|file| file.format.as_deref()).unwrap_or_default();
    let reason = format!("lockfile format {format}");
    Ok(match tool {
        // npm comes with the image, and reads every format.
        Tool::Npm => None,
        Tool::Yarn1 => found("1", "lockfile of Yarn 1".to_owned()),
        Tool::Yarn => {
            let line = match format {
                "4" => "2",
                "5" | "6" => "3",
                _ => "4",
            };
            found(line, reason)
        }
        Tool::Bun => found("1", reason),
        Tool::Pnpm => {
            let settings = YamlFile::read(project, "pnpm-workspace.yaml")?;
            let line = match format.split('.').next() {
                Some("5") if format == "5.4" => "7",
                Some("5") => "6",
                Some("6") => "8",
                // 9.0 is the format of pnpm 9 to 11. Only 11 knows `allowBuilds`.
                _ if settings.is_some_and(|settings| settings.get(&["allowBuilds"]).is_some()) => "11",
                _ => "10",
            };
            found(line, reason)
        }
    })
}

/// Yarn's own release in the repository: what `yarnPath` names.
fn vendored(project: &Project) -> Result<Option<String>> {
    let Some(settings) = YamlFile::read(project, ".yarnrc.yml")? else { return Ok(None) };
    let path = settings.str(&["yarnPath"]).map(|path| path.trim_start_matches("./").to_owned());
    Ok(path.filter(|path| !path.starts_with('/') && !path.contains("..") && project.exists(path)))
}

/// Says that there is no lockfile, or that it does not fit.
fn note_lockfile(
    name: &Found<String>, tool: Tool, lockfile: Option<&Lockfile>, manifest: &JsonFile, workspace: Option<&Workspace>, notes: &mut Vec<Note>,
) {
    let install = format!("{} install", tool.name());
    match lockfile {
        None => {
            let message = format!(
                "no lockfile of {}: the install is not reproducible; run `{install}` and commit `{}`", name.value, tool.lockfiles()[0]
            );
            notes.push(Note::warning(message, Some(&Evidence::at(&manifest.path, 1, ""))));
        }
        Some(lockfile) => {
            let members = workspace.map(|workspace| workspace.members.as_slice()).unwrap_or_default();
            let manifests = std::iter::once((".", manifest)).chain(members.iter().map(|member| (member.dir.as_str(), &member.manifest)));
            let misfits: Vec<String> = manifests.flat_map(|(dir, manifest)| lockfile.misfits(dir, manifest)).collect();
            if let Some(first) = misfits.first() {
                lockfile.outdated.set(true);
                let message = format!(
                    "`{}` is out of date: {first}; it is installed without the lockfile's guarantee until `{install}` was run", lockfile.path
                );
                notes.push(Note::warning(message, Some(&Evidence::at(&lockfile.path, None, ""))));
            }
        }
    }
}

/// Three numbers, and maybe a pre-release.
fn is_exact(version: &str) -> bool {
    nodejs_semver::Version::parse(version).is_ok()
        && version.split('.').count() >= 3
        && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
}
