//! Plan to files: Tera over the embedded templates. All text from the project goes through a quoting filter.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Serialize;
use tera::{Context, Kwargs, State, Tera};

use crate::catalog::{self, Catalog, PinnedImage, Query};
use crate::dockerignore;
use crate::error::{Error, Exit, Result};
use crate::plan::Plan;
use crate::project::{Project, join};
use crate::templates;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Path relative to the build context.
    pub path: String,
    /// Service it belongs to.
    pub service: String,
    /// Content; ends with a newline.
    pub text: String,
}

/// The init of a program that does not handle signals: built for every libc, so it fits every base.
#[derive(Serialize)]
struct Init {
    image: PinnedImage,
    package: String,
    command: &'static [&'static str],
}

fn init() -> Result<Init> {
    let debian = Query { name: "debian", flavor: "slim", distro: "trixie", line: "" };
    Ok(Init {
        image: Catalog::embedded()?.pinned(debian)?,
        package: catalog::package("trixie", "tini")?,
        command: &["/usr/bin/tini", "--"],
    })
}

/// Renders every file of a plan.
///
/// # Errors
/// A template that fails is a bug.
pub fn render(plan: &Plan, project: &Project) -> Result<Vec<RenderedFile>> {
    let mut context = Context::new();
    context.insert("plan", plan);
    let init = init()?;
    let (program, arguments) = plan.runtime.command.split_first().ok_or_else(|| Error::bug("the plan starts nothing"))?;
    let before = if plan.runtime.init.is_some() { init.command } else { &[] };
    context.insert("entrypoint", &before.iter().copied().chain([program.as_str()]).collect::<Vec<_>>());
    context.insert("arguments", arguments);
    context.insert("init", &init);
    context.insert("groups", &dockerignore::groups(plan, project));
    let file = |context: &Context, path: &str, template: &str| -> Result<RenderedFile> {
        Ok(RenderedFile { path: path.to_owned(), service: plan.service.clone(), text: template_text(template, context)? })
    };
    let dockerfile = join(&plan.dir, "Dockerfile");
    // Beside a Dockerfile that is not the context's own, the builder reads `NAME.dockerignore`.
    let dockerignore = if plan.dir == "." { ".dockerignore".to_owned() } else { format!("{dockerfile}.dockerignore") };
    context.insert("dockerfile", &dockerfile);
    Ok(vec![file(&context, &dockerfile, &format!("{}/Dockerfile", plan.template))?, file(&context, &dockerignore, "dockerignore")?])
}

/// A template's text, tidied.
///
/// # Errors
/// A template that fails is a bug.
pub fn template_text(template: &str, context: &Context) -> Result<String> {
    static ENGINE: LazyLock<Result<Tera>> = LazyLock::new(engine);
    let own = templates::engine();
    let tera = match &own {
        Some(tera) => tera,
        None => ENGINE.as_ref().map_err(Clone::clone)?,
    };
    let text = tera.render(template, context).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        let message = format!("template `{template}` failed: {error}{cause}");
        if own.is_some() { Error::new(Exit::Usage, message) } else { Error::bug(message) }
    })?;
    Ok(tidy(&text))
}

fn engine() -> Result<Tera> {
    let mut tera = filters();
    tera.add_raw_templates(built_in()).map_err(|error| Error::bug(format!("the built-in templates do not parse: {error}")))?;
    Ok(tera)
}

/// Every built-in template: name and text.
pub fn built_in() -> Vec<(String, &'static str)> {
    let mut files = Vec::new();
    collect(&TEMPLATES, &mut files);
    files.sort();
    files
}

/// An engine with the filters, and without templates.
pub fn filters() -> Tera {
    let mut tera = Tera::new();
    tera.autoescape_on(Vec::<&'static str>::new());
    tera.register_filter("exec", |words: Vec<String>, _: Kwargs, _: &State<'_>| exec_form(&words));
    tera.register_filter("shell", |words: Vec<String>, _: Kwargs, _: &State<'_>| shell_words(&words));
    tera.register_filter("shell_word", |word: String, _: Kwargs, _: &State<'_>| shell_word(&word));
    tera.register_filter("env_value", |value: String, _: Kwargs, _: &State<'_>| env_value(&value));
    tera.register_filter("copy_path", |value: String, _: Kwargs, _: &State<'_>| copy_path(&value));
    tera.register_filter("image_name", |value: String, _: Kwargs, _: &State<'_>| image_name(&value));
    tera.register_filter("yaml", |value: String, _: Kwargs, _: &State<'_>| yaml(&value));
    tera.register_filter("comment", |value: String, _: Kwargs, _: &State<'_>| comment(&value));
    tera.register_filter("k8s_value", |value: String, _: Kwargs, _: &State<'_>| value.replace("$(", "$$("));
    tera.register_filter("compose_value", |value: String, _: Kwargs, _: &State<'_>| value.replace('$', "$$"));
    tera.register_filter("gitlab_value", |value: String, _: Kwargs, _: &State<'_>| value.replace('$', "$$"));
    tera.register_filter("hcl", |value: String, _: Kwargs, _: &State<'_>| {
        serde_json::Value::from(value).to_string().replace("${", "$${").replace("%{", "%%{")
    });
    tera.register_filter("label", |value: String, _: Kwargs, _: &State<'_>| crate::deployment::label(&value));
    tera.register_filter("with_cmd", |words: Vec<String>, _: Kwargs, _: &State<'_>| {
        std::iter::once("CMD".to_owned()).chain(words).collect::<Vec<String>>()
    });
    tera.register_filter("no_expression", |value: String, _: Kwargs, _: &State<'_>| value.replace("${{", "$ {{"));
    tera
}

fn collect<'a>(dir: &'a Dir<'a>, into: &mut Vec<(String, &'a str)>) {
    for file in dir.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            into.push((path.replace('\\', "/"), text));
        }
    }
    dir.dirs().for_each(|dir| collect(dir, into));
}

/// JSON, as the exec form of an instruction wants it: nothing in it is expanded, a newline is `\n`.
pub fn exec_form(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| serde_json::Value::from(word.as_str()).to_string()).collect();
    format!("[{}]", quoted.join(", "))
}

/// Words for `sh`: plain ones as they are, all others in single quotes.
pub fn shell_words(words: &[String]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A value for `ENV NAME=`: in double quotes where it must be, with `$` kept as text.
pub fn env_value(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace(['\n', '\r'], " ");
    format!("\"{escaped}\"")
}

/// A source or target of `COPY`: as it is when plain, else quoted with `$` kept as text.
pub fn copy_path(path: &str) -> String {
    env_value(path)
}

/// A scalar of YAML: plain where every reader takes it for the same text, else in double quotes. Words that some version of
/// YAML takes for a boolean, a null or a number are quoted, and so is what could begin or end another construct.
pub fn yaml(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@+=,".contains(c);
    let word = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"].contains(&value.to_lowercase().as_str());
    let starts = value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    // A colon is plain inside an image or a URL: it separates only before a blank or at the end.
    let body = value.split(':').all(|part| part.chars().all(plain)) && !value.ends_with(':');
    if value == "." || (starts && body && !word) { value.to_owned() } else { serde_json::Value::from(value).to_string().replace('\u{7f}', "\\u007f") }
}

/// Text for a comment: one line, and nothing that a workflow would evaluate.
pub fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().replace("${{", "$ {{")
}

/// An image name from any text: lower case letters, digits and single separators.
pub fn image_name(name: &str) -> String {
    let base = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let parts: Vec<&str> = base.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let mut joined = parts.join("-");
    joined.truncate(63);
    if joined.is_empty() { "app".to_owned() } else { joined.trim_end_matches('-').to_owned() }
}

/// One newline at the end, and no blank line twice.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && lines.last().is_none_or(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let word = "a'b\"c$d\n#${{e}}".to_owned();
        assert_eq!(exec_form(std::slice::from_ref(&word)), r##"["a'b\"c$d\n#${{e}}"]"##);
        assert_eq!(env_value("a$b\"c\nd"), r#""a\$b\"c d""#);
        assert_eq!(shell_words(&["it's".to_owned(), "$x".to_owned()]), r"'it'\''s' '$x'");
        assert_eq!(image_name("@Scope/My App\n#1"), "my-app-1");
        assert_eq!((yaml("shop"), yaml("ghcr.io/acme/shop:main")), ("shop".to_owned(), "ghcr.io/acme/shop:main".to_owned()));
        for hostile in ["on", "No", "007", "0x1f", "1e3", "1_000", "", "a: b", "- a", "#x", "a #b", "*a", "&a", "!x", "~", "22:30", "a:", ".inf", "${{ x }}", "a\nb", "é"] {
            assert_eq!(yaml(hostile), serde_json::Value::from(hostile).to_string(), "{hostile}");
        }
        assert_eq!(comment("a\nb ${{ x }}"), "a b $ {{ x }}");
        assert_eq!(image_name("$$$"), "app");
    }
}
