//! Which Java: what the project asks for, solved to a long-term line that there are images of.
//!
//! A compiler's target is the oldest Java that the byte code runs on; a toolchain or a version file names one Java. So a
//! target of 8 runs on the oldest line that Maven's own images come with, unless the framework is too old for it.

use super::module::{Asked, Module, release};
use crate::catalog::version_key;
use crate::error::{Error, Exit, Result};
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::project::{Project, join};

/// The lines that get fixes for years, oldest first.
pub const LINES: &[u32] = &[8, 11, 17, 21, 25];
/// The oldest line that is taken when nothing asks for an older one by name.
const OLDEST: u32 = 17;
/// What is taken when nothing is asked for.
const DEFAULT: u32 = 21;

/// The line for a service.
///
/// # Errors
/// Exit 4 when the project asks for a Java that there is no image of yet.
pub fn solve(project: &Project, module: &Module, notes: &mut Vec<Note>) -> Result<Found<String>> {
    let mut asked = files(project, &module.path)?;
    asked.extend(module.java.iter().cloned());
    let newest = newest(module);
    let Some(first) = first(&asked) else {
        let line = LINES.iter().rev().find(|line| **line <= newest.min(DEFAULT)).unwrap_or(&DEFAULT);
        return Ok(Found::guess(line.to_string(), None));
    };
    let lower = if first.exact || newest < OLDEST { first.release } else { first.release.max(OLDEST) };
    // Byte code for Java 6 and before is only made by compilers of Java 11 and before.
    let lower = if first.release < 7 { 8 } else { lower };
    let line = LINES.iter().find(|line| **line >= lower).ok_or_else(|| {
        Error::new(Exit::Unsupported, format!("`{}` asks for Java {}, and there is no image of it yet", first.evidence.place(), first.release))
            .hint("pass `--set version=25` to build with the newest long-term release")
    })?;
    if *line != first.release {
        let what = if !first.exact && first.release < *line {
            let older = LINES.iter().find(|line| **line >= first.release).unwrap_or(line);
            format!("the byte code is for Java {} and later, and runs on Java {line}; `--set version={older}` takes Java {older} itself", first.release)
        } else {
            format!("Java {} has no long-term support: Java {line} is taken, which runs the same program", first.release)
        };
        notes.push(Note::info(what, Some(&first.evidence)));
    }
    if *line < OLDEST {
        let why = match &module.boot {
            Some((version, _)) if newest < OLDEST => format!("Spring Boot {version} has ended and runs on nothing later than Java {newest}"),
            _ => format!("`--set version={OLDEST}` tries Java {OLDEST}"),
        };
        notes.push(Note::warning(format!("Java {line} gets security fixes only: {why}"), Some(&first.evidence)));
    }
    let mut found = if first.exact || *line == first.release {
        Found::certain(line.to_string(), first.evidence.clone())
    } else {
        Found::likely(line.to_string(), first.evidence.clone())
    };
    for other in asked.iter().filter(|other| other.evidence != first.evidence) {
        found = found.over(other.release.to_string(), "a stronger source says another", other.evidence.clone());
    }
    Ok(found)
}

/// What counts: a named Java, unless the byte code needs a later one; else the strongest target, raised by the enforcer.
fn first(asked: &[Asked]) -> Option<&Asked> {
    let target = asked.iter().find(|asked| !asked.exact);
    let required = asked.iter().find(|asked| asked.evidence.reason.contains("requireJavaVersion"));
    let target = required.filter(|required| target.is_none_or(|target| required.release > target.release)).or(target);
    let exact = asked.iter().find(|asked| asked.exact);
    exact.filter(|exact| target.is_none_or(|target| exact.release >= target.release)).or(target)
}

/// The newest Java that the framework runs on.
fn newest(module: &Module) -> u32 {
    let Some((version, _)) = &module.boot else { return u32::MAX };
    match version_key(version).as_slice() {
        [1, ..] => 8,
        [2, 0, ..] => 11,
        [2, minor, ..] if *minor < 4 => 14,
        [2, 4, ..] => 16,
        [2, ..] => 21,
        [3, minor, ..] if *minor < 4 => 23,
        _ => u32::MAX,
    }
}

/// Files that name a Java to install: `.java-version`, `.sdkmanrc`, `.tool-versions`, `mise.toml`, `system.properties`.
fn files(project: &Project, dir: &str) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    let folders: &[&str] = if dir == "." { &["."] } else { &[dir, "."] };
    for file in [".java-version", ".sdkmanrc", ".tool-versions", "mise.toml", ".mise.toml", "system.properties"] {
        for folder in folders {
            let path = join(folder, file);
            let Some(text) = project.read(&path)? else { continue };
            let found = text.lines().enumerate().find_map(|(index, line)| {
                let line = line.split('#').next().unwrap_or_default().trim();
                let value = if file == ".java-version" {
                    line
                } else {
                    let (key, value) = line.split_once(['=', ' ', ':'])?;
                    matches!(key.trim(), "java" | "java.runtime.version" | "\"java\"").then(|| value.trim().trim_matches(['"', '\'']))?
                };
                // `temurin-21.0.2+13`, `zulu-17`, `openjdk@1.17`.
                let number = value.split(['-', '@']).find(|part| part.starts_with(|c: char| c.is_ascii_digit()))?;
                let release = release(number)?;
                Some(Asked { release, exact: true, evidence: Evidence::at(&path, index + 1, "names the Java to install") })
            });
            asked.extend(found);
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::java::maven::Maven;

    fn line(properties: &str, boot: Option<&str>, more: &[(&str, &str)]) -> String {
        let parent = boot.map_or(String::new(), |version| {
            format!("<parent><artifactId>spring-boot-starter-parent</artifactId><version>{version}</version><relativePath/></parent>")
        });
        let pom = format!("<project>{parent}<artifactId>x</artifactId><properties>{properties}</properties></project>");
        let files: Vec<(&str, &str)> = [("pom.xml", pom.as_str())].into_iter().chain(more.iter().copied()).collect();
        let project = Project::from_files(files);
        let module = Maven::read(&project).unwrap().unwrap().modules().remove(0);
        solve(&project, &module, &mut Vec::new()).map_or_else(|error| error.message, |found| found.value)
    }

    #[test]
    fn a_target_is_a_lower_bound_and_a_version_file_a_choice() {
        let release = |version: &str| format!("<maven.compiler.release>{version}</maven.compiler.release>");
        assert_eq!(line(&release("17"), None, &[]), "17");
        assert_eq!(line(&release("8"), None, &[]), "17");
        assert_eq!(line(&release("19"), None, &[]), "21");
        assert_eq!(line(&release("23"), None, &[]), "25");
        assert_eq!(line("", None, &[]), "21");
        assert_eq!(line(&release("17"), None, &[(".sdkmanrc", "# sdk\njava=21.0.2-tem\n")]), "21");
        assert_eq!(line(&release("17"), None, &[("system.properties", "java.runtime.version=11\n")]), "17");
        assert_eq!(line(&release("8"), None, &[(".java-version", "1.8\n")]), "8");
        assert!(line(&release("29"), None, &[]).contains("no image"));
    }

    #[test]
    fn an_old_framework_keeps_an_old_java() {
        let java = |version: &str| format!("<java.version>{version}</java.version>");
        assert_eq!(line(&java("1.8"), Some("2.3.0.RELEASE"), &[]), "8");
        assert_eq!(line(&java("11"), Some("2.2.5.RELEASE"), &[]), "11");
        assert_eq!(line(&java("11"), Some("2.7.18"), &[]), "17");
        assert_eq!(line("", Some("3.5.7"), &[]), "17");
        assert_eq!(line("", Some("1.5.9.RELEASE"), &[]), "8");
    }
}
