//! What the sources say: the language they are written in, the main class, the port.

use std::sync::LazyLock;

use regex::Regex;

use super::module::Module;
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::project::{Project, join};
use crate::sources::{Pattern, Sources};

/// `public static void main(String... args)` in any order; since Java 25 also `void main()`, outside of any class.
static MAIN: Pattern = LazyLock::new(|| {
    Regex::new(r"(?m)(?:\bstatic\s+(?:final\s+|public\s+|synchronized\s+)*|^(?:public\s+)?)void\s+(main)\s*\(\s*(?:final\s+)?(?:@\w+\s+)?(?:java\.lang\.)?(?:String|\))").ok()
});
/// `fun main(` of Kotlin, outside of any class: at the beginning of a line.
static KOTLIN_MAIN: Pattern = LazyLock::new(|| Regex::new(r"(?m)^(?:public\s+|suspend\s+)*fun\s+(main)\s*\(").ok());
/// `@JvmStatic fun main(` in an object.
static OBJECT_MAIN: Pattern = LazyLock::new(|| Regex::new(r"(?m)^\s+(?:@JvmStatic\s+)?fun\s+(main)\s*\(\s*(?:vararg\s+)?args").ok());
static PACKAGE: Pattern = LazyLock::new(|| Regex::new(r"(?m)^\s*package\s+([\w.`]+)").ok());
/// Class names that people give to what is started, best first.
const NAMES: &[&str] = &["Application", "App", "Main", "Server", "Service", "Launcher"];

/// A port in a call that listens, or the default of the variable `PORT`.
static PORTS: LazyLock<Vec<Option<Regex>>> = LazyLock::new(|| {
    [
        r#""PORT"\s*\)?\s*,\s*"?(\d{4,5})\b"#,
        r#""PORT"[^;\n]{0,80}?(?::|\?:|orElse\(|else)\s*"?(\d{4,5})\b"#,
        r#"embeddedServer\([^{]*?\bport\s*=\s*(\d{2,5})\b"#,
        r"embeddedServer\(\s*\w+\s*,\s*(\d{2,5})\b",
        r#"InetSocketAddress\(\s*(?:[\w".]+\s*,\s*)?(\d{2,5})\s*\)"#,
        r#"\.start\(\s*(?:"[^"]*"\s*,\s*)?(\d{2,5})\s*\)"#,
        r"(?:^|[\s.])(?:set)?[pP]ort\(\s*(\d{2,5})\s*\)",
        r"\.forPort\(\s*(\d{2,5})\s*[,)]",
        r"\.listen\(\s*(\d{2,5})\b",
        r"\bnew Server(?:Socket)?\(\s*(\d{2,5})\s*[,)]",
        r"\bServerSocket\(\s*(\d{2,5})\s*[,)]",
        r#"addHttpListener\(\s*(\d{2,5})\b"#,
        r"\.(?:bind|asServer\(\w+)\(\s*(\d{2,5})\s*\)",
        r"(?i)\b(?:int|val|var|integer)\s+\w*port\w*\s*(?::\s*Int\s*)?=\s*(\d{4,5})\b",
    ]
    .iter()
    .map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// The sources of a module, tests left out.
#[derive(Debug)]
pub struct ModuleSources {
    sources: Sources,
    /// `kotlin` where most of what is started is written in it, else `java`.
    pub language: &'static str,
}

impl ModuleSources {
    /// Reads them: those of `src/main`, else all below `src`, else all of the folder.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn read(project: &Project, module: &Module) -> Result<Self> {
        let main = join(&module.path, "src/main");
        let sources = if project.has_dir(&main) {
            Sources::read_all(project, &main, &[".java", ".kt"])?
        } else {
            let src = join(&module.path, "src");
            Sources::read(project, if project.has_dir(&src) { &src } else { &module.path }, &[".java", ".kt"])?
        };
        let (kotlin, java): (Vec<&str>, Vec<&str>) = sources.files().map(|(path, _)| path).partition(|path| path.ends_with(".kt"));
        let language = if kotlin.len() > java.len() { "kotlin" } else { "java" };
        Ok(Self { sources, language })
    }

    /// Whether there are any.
    pub fn any(&self) -> bool {
        self.sources.files().next().is_some()
    }

    /// The main class: the one that a framework marks, else the only one, else the one named most like a program.
    pub fn main(&self) -> Option<Found<String>> {
        let mut mains: Vec<(String, Evidence, bool)> = Vec::new();
        for (path, text) in self.sources.files() {
            let (pattern, suffix) = match path.ends_with(".kt") {
                true if find(&KOTLIN_MAIN, text).is_some() => (&KOTLIN_MAIN, "Kt"),
                true => (&OBJECT_MAIN, ""),
                false => (&MAIN, ""),
            };
            let Some((_, line)) = find(pattern, text) else { continue };
            let stem = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(stem, _)| stem);
            let mut name = format!("{stem}{suffix}");
            if suffix == "Kt" {
                name = name[..1].to_uppercase() + &name[1..];
            }
            let package = find(&PACKAGE, text).map_or(String::new(), |(package, _)| package.replace('`', "") + ".");
            let marked = ["@SpringBootApplication", "@QuarkusMain", "@EnableAutoConfiguration"].iter().any(|mark| text.contains(mark));
            mains.push((package + &name, Evidence::at(path, line, "the main class"), marked));
        }
        let rank = |name: &str| {
            let simple = name.rsplit('.').next().unwrap_or(name).trim_end_matches("Kt");
            NAMES.iter().position(|known| simple.ends_with(known)).unwrap_or(NAMES.len())
        };
        let several = mains.iter().filter(|(_, _, marked)| *marked).count() != 1 && mains.len() > 1;
        mains.sort_by_key(|(name, _, marked)| (!marked, rank(name), name.matches('.').count(), name.clone()));
        let mut all = mains.into_iter();
        let (name, evidence, _) = all.next()?;
        let named = rank(&name) < NAMES.len();
        let mut found = if several && !named { Found::guess(name, Some(evidence)) } else { Found::likely(name, evidence) };
        for (other, evidence, _) in all {
            found = found.over(other, "another class is named more like the program", evidence);
        }
        Some(found)
    }

    /// The port that a call listens on.
    pub fn port(&self) -> Option<Found<u16>> {
        PORTS.iter().flatten().find_map(|pattern| {
            self.sources.files().find_map(|(path, text)| {
                let found = pattern.captures_iter(text).find_map(|captures| {
                    let found = captures.get(1)?;
                    let start = text[..found.start()].rfind('\n').map_or(0, |at| at + 1);
                    (!text[start..].trim_start().starts_with(['/', '*'])).then_some(found)
                })?;
                let line = text[..found.start()].matches('\n').count() + 1;
                Some(Found::likely(found.as_str().parse().ok()?, Evidence::at(path, line, "the port that is listened on")))
            })
        })
    }

    /// A route made for health checks.
    pub fn health(&self) -> Option<Found<String>> {
        self.sources.health()
    }

    /// The first of some words, with its place.
    pub fn mention(&self, words: &[&str]) -> Option<Evidence> {
        words.iter().find_map(|word| self.sources.mention(word))
    }
}

/// The first match outside of a comment.
fn find(pattern: &Pattern, text: &str) -> Option<(String, usize)> {
    pattern.as_ref()?.captures_iter(text).find_map(|captures| {
        let found = captures.get(1)?;
        let start = text[..found.start()].rfind('\n').map_or(0, |at| at + 1);
        let comment = text[start..].trim_start().starts_with(['*', '/']);
        (!comment).then(|| (found.as_str().to_owned(), text[..found.start()].matches('\n').count() + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> ModuleSources {
        let project = Project::from_files(files.iter().copied().chain([("pom.xml", "<project><artifactId>x</artifactId></project>")]));
        let module = crate::languages::java::maven::Maven::read(&project).unwrap().unwrap().modules().remove(0);
        ModuleSources::read(&project, &module).unwrap()
    }

    #[test]
    fn the_main_class_has_its_package() {
        let java = "package a.b;\n\npublic class Start {\n  public static void main(final String[] args) {}\n}\n";
        let found = sources(&[("src/main/java/a/b/Start.java", java)]).main().unwrap();
        assert_eq!((found.value.as_str(), found.evidence[0].line), ("a.b.Start", Some(4)));
        let kotlin = sources(&[("src/main/kotlin/start.kt", "package a.b\n\nfun main() = run()\n")]);
        assert_eq!((kotlin.main().unwrap().value.as_str(), kotlin.language), ("a.b.StartKt", "kotlin"));
    }

    #[test]
    fn of_several_the_marked_one_is_started() {
        let main = "class X { public static void main(String[] a) {} }";
        let marked = format!("@SpringBootApplication {main}");
        let found = sources(&[("src/main/java/Tool.java", main), ("src/main/java/Shop.java", &marked)]).main().unwrap();
        assert_eq!((found.value.as_str(), found.rejected.len()), ("Shop", 1));
        let found = sources(&[("src/main/java/Tool.java", main), ("src/main/java/Other.java", main)]).main().unwrap();
        assert_eq!(found.confidence, crate::found::Confidence::Guess);
    }

    #[test]
    fn ports_of_many_servers() {
        for (text, port) in [
            ("var app = Javalin.create().start(7070);", 7070),
            ("port(4568);", 4568),
            ("HttpServer.create(new InetSocketAddress(8000), 0);", 8000),
            ("embeddedServer(Netty, port = 8081, host = \"0.0.0.0\") {}", 8081),
            ("int port = Integer.parseInt(System.getenv().getOrDefault(\"PORT\", \"9000\"));", 9000),
            ("val port = System.getenv(\"PORT\")?.toInt() ?: 9001", 9001),
            ("ServerBuilder.forPort(9555).addService(x)", 9555),
        ] {
            assert_eq!(sources(&[("src/main/java/X.java", text)]).port().map(|found| found.value), Some(port), "{text}");
        }
        assert!(sources(&[("src/main/java/X.java", "// port(4568);")]).port().is_none());
    }
}
