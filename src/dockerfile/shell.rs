//! Shell text as simple commands, as far as judging needs it: what installs dependencies, what builds.

/// A command of a `RUN`.
#[derive(Debug, PartialEq, Eq)]
pub struct Simple<'t> {
    /// The program, without its path.
    pub program: &'t str,
    /// Everything after it.
    pub words: Vec<&'t str>,
}

/// What downloads the project's dependencies.
const INSTALLS: &[(&str, &[&str])] = &[
    ("npm", &["ci", "install", "i"]), ("yarn", &["install", ""]), ("pnpm", &["install", "i", "fetch"]), ("bun", &["install", "i"]),
    ("pip", &["install"]), ("poetry", &["install"]), ("uv", &["sync"]), ("pdm", &["install", "sync"]), ("pipenv", &["install", "sync"]),
    ("bundle", &["install"]), ("composer", &["install"]), ("go", &["mod", "get"]), ("dotnet", &["restore"]), ("mix", &["deps.get"]),
    ("cargo", &["fetch"]),
];
/// What compiles or bundles. `*` is anything.
const BUILDS: &[(&str, &[&str])] = &[
    ("go", &["build", "install"]), ("cargo", &["build", "install"]), ("mvn", &["*"]), ("mvnw", &["*"]), ("gradle", &["*"]),
    ("gradlew", &["*"]), ("sbt", &["*"]), ("dotnet", &["publish", "build"]), ("npm", &["run", "run-script"]), ("yarn", &["build", "run"]),
    ("pnpm", &["build", "run"]), ("bun", &["build", "run"]), ("make", &["*"]), ("gcc", &["*"]), ("cmake", &["*"]), ("javac", &["*"]),
    ("tsc", &["*"]), ("ng", &["build"]), ("mix", &["compile", "release"]),
];

/// The simple commands of a shell text, in order.
pub fn commands(text: &str) -> Vec<Simple<'_>> {
    text.split(['\n', ';', '|', '&', '(', ')']).filter_map(simple).collect()
}

fn simple(text: &str) -> Option<Simple<'_>> {
    let assignment = |word: &&str| word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let mut words = text
        .split_whitespace()
        .skip_while(|word| assignment(word) || matches!(*word, "sudo" | "exec" | "time" | "if" | "then" | "else" | "do" | "{" | "!" | "corepack"));
    let mut program = words.next()?.rsplit('/').next()?;
    let mut words: Vec<&str> = words.collect();
    // `python -m pip install` is pip.
    if program.starts_with("python") && words.first() == Some(&"-m") && words.len() > 1 {
        program = words[1];
        words.drain(..2);
    }
    if program == "uv" && words.first() == Some(&"pip") {
        program = "pip";
        words.remove(0);
    }
    Some(Simple { program: if program == "pip3" { "pip" } else { program }, words })
}

impl Simple<'_> {
    /// Whether it downloads the project's dependencies.
    pub fn installs(&self) -> bool {
        // A tool for the whole image, and the project itself, are no dependencies of it.
        let other = self.words.iter().any(|word| matches!(*word, "-g" | "--global" | "." | "-e" | "--editable" | "global"));
        self.is_one_of(INSTALLS) && !other
    }

    /// Whether it compiles or bundles.
    pub fn builds(&self) -> bool {
        self.is_one_of(BUILDS)
    }

    /// Whether it is the system's package manager at work.
    pub fn installs_packages(&self) -> bool {
        matches!((self.program, self.verb()), ("apt-get" | "apt" | "yum" | "dnf" | "microdnf", "install") | ("apk", "add"))
    }

    /// The words that name something, without flags.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).copied().filter(|word| !word.starts_with('-'))
    }

    fn is_one_of(&self, list: &[(&str, &[&str])]) -> bool {
        list.iter().any(|(program, verbs)| *program == self.program && (verbs[0] == "*" || verbs.contains(&self.verb())))
    }

    /// `install` of `pip --no-cache-dir install`; empty where only flags follow.
    pub fn verb(&self) -> &str {
        self.words.iter().copied().find(|word| !word.starts_with('-')).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_and_builds_are_told_apart() {
        let is = |text| commands(text).iter().map(|found| (found.installs(), found.builds())).collect::<Vec<_>>();
        assert_eq!(is("npm ci --omit=dev && npm run build"), [(true, false), (false, true)]);
        assert_eq!(is("CGO_ENABLED=0 go build ./..."), [(false, true)]);
        assert_eq!(is("python3 -m pip install -r requirements.txt; pip install ."), [(true, false), (false, false)]);
        assert_eq!(is("npm install -g pnpm"), [(false, false)]);
        assert_eq!(is("yarn --frozen-lockfile"), [(true, false)]);
        assert_eq!(is("./mvnw package -DskipTests"), [(false, true)]);
    }
}
