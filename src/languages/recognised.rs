//! Stacks that are recognised by their manifest, and not built yet: `detect` names them, `init` says so and how to go on.

use super::{Detected, Facts, Kind, Language};
use crate::error::{Error, Exit, Result};
use crate::found::{Evidence, Found};
use crate::plan::Plan;
use crate::project::Project;
use crate::settings::Choices;

/// What a manifest says.
#[derive(Debug)]
struct Stack {
    /// Name of the file, or how it ends when it begins with `*`.
    manifest: &'static str,
    language: &'static str,
    package_manager: &'static str,
    /// A tool that makes an image of such a project today.
    way_on: &'static str,
}

const fn stack(manifest: &'static str, language: &'static str, package_manager: &'static str, way_on: &'static str) -> Stack {
    Stack { manifest, language, package_manager, way_on }
}

const RAILS: &str = "Rails 7.1 and later write a Dockerfile of their own: `rails new` or `rails app:update`";
const DOTNET: &str = "the SDK makes an image by itself: `dotnet publish /t:PublishContainer`";
const OWN: &str = "write a `Dockerfile` by hand";

/// Stacks whose manifest says what the program is, whatever else lies beside it: a `package.json` is then for its assets.
const PROGRAMS: &[Stack] = &[
    stack("Gemfile", "ruby", "bundler", RAILS),
    stack("composer.json", "php", "composer", OWN),
    stack("mix.exs", "elixir", "mix", "Phoenix writes one: `mix phx.gen.release --docker`"),
    stack("gleam.toml", "gleam", "gleam", OWN),
    stack("rebar.config", "erlang", "rebar3", OWN),
    stack("*.csproj", "dotnet", "nuget", DOTNET),
    stack("*.fsproj", "dotnet", "nuget", DOTNET),
    stack("*.vbproj", "dotnet", "nuget", DOTNET),
    stack("*.sln", "dotnet", "nuget", DOTNET),
    stack("*.slnx", "dotnet", "nuget", DOTNET),
    stack("build.sbt", "scala", "sbt", "sbt-native-packager makes one: `sbt Docker/publishLocal`"),
    stack("project.clj", "clojure", "leiningen", OWN),
    stack("deps.edn", "clojure", "tools.deps", OWN),
    stack("deno.json", "deno", "deno", OWN),
    stack("deno.jsonc", "deno", "deno", OWN),
    stack("deno.lock", "deno", "deno", OWN),
    stack("Package.swift", "swift", "swift", OWN),
    stack("pubspec.yaml", "dart", "pub", OWN),
    stack("stack.yaml", "haskell", "stack", OWN),
    stack("*.cabal", "haskell", "cabal", OWN),
    stack("package.yaml", "haskell", "stack", OWN),
    stack("shard.yml", "crystal", "shards", OWN),
    stack("build.zig", "zig", "zig", OWN),
];

/// Stacks whose manifest also stands in projects of other languages: asked when no other language has the folder.
const TOOLS: &[Stack] = &[
    stack("CMakeLists.txt", "cpp", "cmake", OWN),
    stack("meson.build", "cpp", "meson", OWN),
    stack("hugo.toml", "static", "hugo", OWN),
    stack("hugo.yaml", "static", "hugo", OWN),
    stack("index.php", "php", "none", OWN),
    stack("main.c", "c", "none", OWN),
    stack("main.cpp", "cpp", "none", OWN),
    stack("main.ts", "deno", "deno", OWN),
    stack("*.cr", "crystal", "none", OWN),
    stack("*.zig", "zig", "none", OWN),
    stack("*.hs", "haskell", "none", OWN),
    stack("*.cbl", "cobol", "none", OWN),
    stack("Makefile", "c", "make", OWN),
    stack("start.sh", "shell", "none", OWN),
];

/// A table of such stacks, as one language.
#[derive(Debug)]
pub struct Recognised(&'static [Stack]);

impl Recognised {
    /// Those that go before Node.js.
    pub const PROGRAMS: Self = Self(PROGRAMS);
    /// Those that go last.
    pub const TOOLS: Self = Self(TOOLS);
}

#[derive(Debug)]
struct Unsupported {
    facts: Facts,
    way_on: &'static str,
}

impl Language for Recognised {
    fn manifests(&self) -> &'static [&'static str] {
        &[]
    }

    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>> {
        let files: Vec<&str> = project.files().filter(|file| !file.contains('/')).collect();
        let found = self.0.iter().find_map(|stack| {
            let named = |file: &&&str| match stack.manifest.strip_prefix('*') {
                Some(ending) => file.ends_with(ending),
                None => **file == stack.manifest,
            };
            files.iter().find(named).map(|file| (stack, *file))
        });
        let Some((stack, file)) = found else { return Ok(Vec::new()) };
        let certain = |value: &str, reason: &str| Found::certain(value.to_owned(), Evidence::at(file, 1, reason));
        let name = project.root().canonicalize_utf8().ok().and_then(|root| root.file_name().map(str::to_owned));
        let facts = Facts {
            package_manager: Some(certain(stack.package_manager, "its manifest")),
            ..Facts::new(name.as_deref().unwrap_or("app"), ".", certain(stack.language, "the manifest of this language"), Found::guess(Kind::Web, None))
        };
        Ok(vec![Box::new(Unsupported { facts, way_on: stack.way_on })])
    }
}

impl Detected for Unsupported {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn supported(&self) -> Result<()> {
        let file = self.facts.language.evidence.first().map(|evidence| evidence.file.as_str()).unwrap_or_default();
        Err(Error::new(Exit::Unsupported, format!("`{file}` says {}, which is not supported yet", self.facts.language.value)).hint(self.way_on))
    }

    fn plan(&self, _choices: &Choices) -> Result<Plan> {
        Err(self.supported().err().unwrap_or_else(|| Error::bug("an unsupported stack was planned")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_language_and_package_manager() {
        let found = |file: &str| {
            let found = Recognised::PROGRAMS.detect(&Project::from_files([(file, "")])).unwrap();
            found.first().map(|found| (found.facts().language.value.clone(), found.supported().unwrap_err().exit))
        };
        assert_eq!(found("Gemfile"), Some(("ruby".to_owned(), Exit::Unsupported)));
        assert_eq!(found("Shop.csproj"), Some(("dotnet".to_owned(), Exit::Unsupported)));
        assert_eq!(found("lib/Gemfile"), None);
        assert_eq!(found("package.json"), None);
    }
}
