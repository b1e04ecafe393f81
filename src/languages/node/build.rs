//! What runs while the image is built, in its order.

use super::install::Install;
use super::package_manager::PackageManager;
use super::start::Start;
use super::typescript::TypeScript;
use super::workspace::Member;
use crate::found::Found;
use crate::json_file::JsonFile;

/// The script that builds: the platforms' own names are used where there is no plain one.
const SCRIPTS: &[&str] = &["build", "build:prod", "compile", "heroku-postbuild", "gcp-build"];

/// The build of a manifest: its script, or `tsc` where nothing runs the output otherwise.
pub fn find(manifest: &JsonFile, manager: &PackageManager, typescript: Option<&TypeScript>) -> Option<Found<Vec<String>>> {
    for name in SCRIPTS {
        let Some(script) = manifest.str(&["scripts", name]) else { continue };
        // An image is not built inside an image, and a script that only says something builds nothing.
        if script.trim().is_empty() || ["docker ", "echo ", "exit ", "true"].iter().any(|start| script.trim_start().starts_with(start)) {
            continue;
        }
        let evidence = manifest.evidence(&["scripts", name], format!("`{name}` runs `{script}`"));
        return Some(Found::certain(manager.run(name), evidence));
    }
    let typescript = typescript.filter(|typescript| typescript.out.is_some() && !typescript.no_emit)?;
    let group = ["devDependencies", "dependencies"].into_iter().find(|group| manifest.str(&[group, "typescript"]).is_some())?;
    let evidence = manifest.evidence(&[group, "typescript"], format!("`{}` says where its output goes, and no script builds", typescript.path));
    let mut command = vec!["tsc".to_owned()];
    if !typescript.path.ends_with("tsconfig.json") {
        command.extend(["-p".to_owned(), typescript.path.clone()]);
    }
    Some(Found::likely(manager.exec(&command), evidence))
}

/// The commands that run before the build of the service itself: scripts that were held back, generated code, and what
/// the start script did.
pub fn before(manifest: &JsonFile, manager: &PackageManager, install: &Install, start: Option<&Start>, has_schema: bool) -> Vec<Vec<String>> {
    let mut steps: Vec<Vec<String>> = install.later.iter().map(|script| manager.run(script)).collect();
    let scripts = manifest.get(&["scripts"]).and_then(|scripts| scripts.as_object());
    let generates = |name: &str| scripts.and_then(|scripts| scripts.get(name)?.as_str()).is_some_and(|text| text.contains("prisma generate"));
    let depends = |name: &str| ["dependencies", "devDependencies"].iter().any(|group| manifest.str(&[group, name]).is_some());
    // Its client is generated from a schema that is not there when it is installed.
    let generated = ["build", "prebuild"].iter().any(|name| generates(name)) || install.later.iter().any(|name| generates(name));
    if has_schema && depends("prisma") && !generated {
        steps.push(manager.exec(&["prisma".to_owned(), "generate".to_owned()]));
    }
    for command in start.map(|start| start.build.as_slice()).unwrap_or_default() {
        let mut words: Vec<String> = command.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        match command.words.first().map(String::as_str) {
            Some("npm" | "yarn" | "pnpm" | "bun" | "npx" | "rm" | "mkdir" | "cp" | "node") => words.extend(command.words.iter().cloned()),
            _ => words.extend(manager.exec(&command.words)),
        }
        steps.push(words);
    }
    steps
}

/// What runs for the members that a service needs before its own build, those first that need nothing: scripts that were
/// held back, and builds.
pub fn of_members(closure: &[&Member], install: &Install, manager: &PackageManager) -> Vec<Vec<String>> {
    let mut steps = Vec::new();
    for (at, member) in closure.iter().enumerate().rev() {
        let hooks = install.of_members.iter().filter(|(dir, hook)| *dir == member.dir && hook != "prepare");
        steps.extend(hooks.map(|(_, hook)| manager.run_in(member, hook)));
        // The first is the service itself, whose build comes last.
        if at > 0 && member.manifest.str(&["scripts", "build"]).is_some() {
            steps.push(manager.run_in(member, "build"));
        }
    }
    steps
}
