//! The commands of the package managers.

use nodejs_semver::{Range, Version};

use super::PackageManager;
use crate::languages::node::workspace::Member;

/// A package manager. Yarn is two programs of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// npm.
    Npm,
    /// Yarn 1, "classic".
    Yarn1,
    /// Yarn 2 and later, "berry".
    Yarn,
    /// pnpm.
    Pnpm,
    /// bun as a package manager.
    Bun,
}

/// The newest version of each line, from the npm registry on 2026-11-24.
const NEWEST: &[(Tool, &str, &str)] = &[
    (Tool::Pnpm, "6", "6.35.1"),
    (Tool::Pnpm, "7", "7.33.7"),
    (Tool::Pnpm, "8", "8.15.9"),
    (Tool::Pnpm, "9", "9.15.9"),
    (Tool::Pnpm, "10", "10.34.9"),
    (Tool::Pnpm, "11", "11.28.11"),
    (Tool::Yarn1, "1", "1.22.22"),
    (Tool::Yarn, "2", "2.4.2"),
    (Tool::Yarn, "3", "3.8.7"),
    (Tool::Yarn, "4", "4.18.1"),
    (Tool::Bun, "1", "1.4.2"),
];

/// The newest version of a line.
pub fn newest(tool: Tool, line: &str) -> &'static str {
    let of_tool = || NEWEST.iter().filter(|(other, _, _)| *other == tool);
    of_tool().find(|(_, other, _)| *other == line).or(of_tool().next_back()).map_or("", |(_, _, version)| version)
}

/// The newest line that a range allows.
pub fn line_for(tool: Tool, range: &str) -> Option<String> {
    let range = Range::parse(range).ok()?;
    let fits = |version: &str| Version::parse(version).is_ok_and(|version| version.satisfies(&range));
    NEWEST.iter().rev().find(|(other, _, version)| *other == tool && fits(version)).map(|(_, line, _)| (*line).to_owned())
}

impl Tool {
    /// From a name and, for Yarn, a version or range.
    pub fn parse(name: &str, version: Option<&str>) -> Option<Self> {
        Some(match name {
            "npm" => Self::Npm,
            "pnpm" => Self::Pnpm,
            "bun" => Self::Bun,
            "yarn" => match version.map(|version| version.trim_start_matches(['^', '~', '>', '=', 'v', ' '])) {
                Some(version) if version.starts_with("1.") || version == "1" || version.starts_with("0.") => Self::Yarn1,
                None => Self::Yarn1,
                Some(_) => Self::Yarn,
            },
            _ => return None,
        })
    }

    /// Name, as the contract spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Yarn1 | Self::Yarn => "yarn",
            Self::Pnpm => "pnpm",
            Self::Bun => "bun",
        }
    }

    /// Its lockfiles, the strongest first.
    pub fn lockfiles(self) -> &'static [&'static str] {
        match self {
            Self::Npm => &["npm-shrinkwrap.json", "package-lock.json"],
            Self::Yarn1 | Self::Yarn => &["yarn.lock"],
            Self::Pnpm => &["pnpm-lock.yaml"],
            Self::Bun => &["bun.lock", "bun.lockb"],
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

impl PackageManager {
    /// How it gets into an image of Node.js: from the npm registry, pinned. Corepack is not in every image, and asks the
    /// network again at each start. `None` where the image or the repository brings it.
    pub fn setup(&self) -> Option<Vec<String>> {
        let version = &self.version.as_ref()?.value;
        if self.vendored.is_some() {
            return None;
        }
        // The image's own `yarn` stands in the way of another one.
        let (package, force) = match self.tool {
            Tool::Npm => ("npm", false),
            Tool::Pnpm => ("pnpm", false),
            Tool::Bun => ("bun", false),
            Tool::Yarn1 => ("yarn", true),
            Tool::Yarn => ("@yarnpkg/cli-dist", true),
        };
        let mut command = words(&["npm", "install", "--global"]);
        command.extend(force.then(|| "--force".to_owned()));
        command.push(format!("{package}@{version}"));
        Some(command)
    }

    /// The program, in front of its arguments.
    fn program(&self) -> Vec<String> {
        match &self.vendored {
            Some(path) => vec!["node".to_owned(), format!("/app/{path}")],
            None => words(&[self.tool.name()]),
        }
    }

    fn command(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = self.program();
        command.extend(words(arguments));
        command
    }

    /// The install that follows the lockfile to the letter, or the plain one where none fits. `production` leaves the
    /// development dependencies out; `member` is the name of the workspace's member that is installed for.
    pub fn install(&self, production: bool, member: Option<&str>) -> Vec<String> {
        let locked = self.lockfile.as_ref().is_some_and(|lockfile| !lockfile.outdated.get());
        let mut arguments: Vec<&str> = match (self.tool, locked) {
            (Tool::Npm, true) => vec!["ci"],
            (Tool::Npm, false) => vec!["install", "--no-save"],
            (Tool::Yarn1 | Tool::Pnpm | Tool::Bun, true) => vec!["install", "--frozen-lockfile"],
            (Tool::Pnpm, false) => vec!["install", "--no-frozen-lockfile"],
            (Tool::Yarn1 | Tool::Bun, false) => vec!["install"],
            (Tool::Yarn, _) if production && self.focus => ["workspaces", "focus"].into_iter().chain(member).chain(["--production"]).collect(),
            (Tool::Yarn, true) => vec!["install", "--immutable"],
            (Tool::Yarn, false) => vec!["install", "--no-immutable"],
        };
        if production {
            arguments.extend(match self.tool {
                Tool::Npm => Some("--omit=dev"),
                Tool::Yarn1 | Tool::Bun => Some("--production"),
                Tool::Pnpm => Some("--prod"),
                Tool::Yarn => None,
            });
        }
        if self.tool == Tool::Pnpm {
            arguments.extend(["--store-dir", self.cache()]);
        }
        self.command(&arguments)
    }

    /// Takes the development dependencies away from what was installed; runs no script.
    pub fn prune(&self) -> Vec<String> {
        match self.tool {
            Tool::Npm => words(&["npm", "prune", "--omit=dev", "--ignore-scripts"]),
            Tool::Yarn1 => self.command(&["install", "--frozen-lockfile", "--production", "--ignore-scripts"]),
            Tool::Yarn => self.install(true, None),
            // Without a terminal, pnpm only takes packages away where it knows that nobody can be asked.
            Tool::Pnpm => [words(&["CI=true"]), self.command(&["install", "--prod", "--offline", "--frozen-lockfile", "--ignore-scripts", "--store-dir", self.cache()])].concat(),
            Tool::Bun => self.command(&["install", "--frozen-lockfile", "--production", "--ignore-scripts"]),
        }
    }

    /// Runs a script of the manifest.
    pub fn run(&self, script: &str) -> Vec<String> {
        self.command(&["run", script])
    }

    /// Runs a script of a member, from the root.
    pub fn run_in(&self, member: &Member, script: &str) -> Vec<String> {
        let dir = format!("./{}", member.dir);
        match self.tool {
            Tool::Npm => self.command(&["run", script, "--workspace", &dir]),
            Tool::Pnpm => self.command(&["--filter", &dir, "run", script]),
            Tool::Yarn => self.command(&["workspace", member.manifest.str(&["name"]).unwrap_or(&member.dir), "run", script]),
            Tool::Yarn1 => self.command(&["--cwd", &dir, "run", script]),
            Tool::Bun => self.command(&["run", "--cwd", &dir, script]),
        }
    }

    /// Whether its locked install fails when the manifest of a member is missing, needed or not.
    pub fn reads_all_members(&self) -> bool {
        matches!(self.tool, Tool::Yarn | Tool::Bun)
    }

    /// Runs a program that a dependency brings.
    pub fn exec(&self, program: &[String]) -> Vec<String> {
        let mut command = match self.tool {
            Tool::Npm => words(&["npx", "--no-install"]),
            Tool::Yarn1 | Tool::Yarn => self.command(&["run"]),
            Tool::Pnpm => self.command(&["exec"]),
            Tool::Bun => words(&["bunx", "--no-install"]),
        };
        command.extend(program.iter().cloned());
        command
    }

    /// Takes scripts out of a folder's manifest, so that an install does not run them.
    pub fn without_scripts(&self, dir: &str, scripts: &[String], runtime_is_bun: bool) -> Vec<String> {
        let mut command = match (runtime_is_bun, dir) {
            (true, ".") => words(&["bun", "pm", "pkg", "delete"]),
            (true, dir) => words(&["bun", "--cwd", dir, "pm", "pkg", "delete"]),
            (false, ".") => words(&["npm", "pkg", "delete"]),
            (false, dir) => words(&["npm", "--prefix", dir, "pkg", "delete"]),
        };
        command.extend(scripts.iter().map(|script| format!("scripts.{script}")));
        command
    }

    /// The folder of downloads: a cache mount, never in a layer.
    pub fn cache(&self) -> &'static str {
        match self.tool {
            Tool::Npm => "/root/.npm",
            Tool::Yarn1 => "/usr/local/share/.cache/yarn",
            Tool::Yarn => "/root/.yarn/berry/cache",
            Tool::Pnpm => "/root/.local/share/pnpm/store",
            Tool::Bun => "/root/.bun/install/cache",
        }
    }

    /// The major version that is used.
    pub fn major(&self) -> u32 {
        self.version.as_ref().and_then(|version| version.value.split('.').next()?.parse().ok()).unwrap_or_default()
    }
}
