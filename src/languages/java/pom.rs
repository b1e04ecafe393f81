//! One `pom.xml`, with the line of everything that becomes evidence. Nothing is inherited or filled in here.

use roxmltree::{Document, Node};

use crate::error::{Error, Exit, Place, Result};
use crate::project::{Project, join};

/// A `groupId:artifactId:version`, and where it stands. Text is as written, with its `${...}`.
#[derive(Debug, Clone, Default)]
pub struct Coordinates {
    /// `groupId`; empty when it is not said.
    pub group: String,
    /// `artifactId`.
    pub artifact: String,
    /// `version`.
    pub version: Option<String>,
    /// `scope` of a dependency.
    pub scope: String,
    /// `type` of a dependency.
    pub kind: String,
    /// Line, from 1.
    pub line: usize,
}

/// A build plugin with its settings, flattened: `executions.execution.goals.goal` = `repackage`.
#[derive(Debug, Clone, Default)]
pub struct PomPlugin {
    /// Which.
    pub at: Coordinates,
    /// Path, value and line of every setting.
    pub settings: Vec<(String, String, usize)>,
}

/// A `pom.xml`.
#[derive(Debug, Clone, Default)]
pub struct Pom {
    /// Path relative to the project.
    pub path: String,
    /// The folder it lies in.
    pub dir: String,
    /// Its own coordinates.
    pub at: Coordinates,
    /// `packaging`, `jar` when not said.
    pub packaging: String,
    /// Parent, with its `relativePath`.
    pub parent: Option<(Coordinates, Option<String>)>,
    /// Properties, with their lines.
    pub properties: Vec<(String, String, usize)>,
    /// Modules; those of profiles are left out unless the profile is active by default.
    pub modules: Vec<String>,
    /// Dependencies.
    pub dependencies: Vec<Coordinates>,
    /// Versions that are decided here for the modules below, imports among them.
    pub managed: Vec<Coordinates>,
    /// Plugins of the build.
    pub plugins: Vec<PomPlugin>,
    /// Plugins of profiles, with the file that switches the profile on where it is there.
    pub conditional_plugins: Vec<(String, PomPlugin)>,
    /// Plugins whose version and settings are decided here.
    pub managed_plugins: Vec<PomPlugin>,
    /// `build/finalName`.
    pub final_name: Option<String>,
    /// Ids and URLs of further repositories, with their lines.
    pub repositories: Vec<(String, String, usize)>,
}

impl Pom {
    /// Reads `pom.xml` of a folder; `None` when there is none.
    ///
    /// # Errors
    /// Exit 4, pointing into the file, when it is not XML or no project.
    pub fn read(project: &Project, path: &str) -> Result<Option<Self>> {
        let Some(text) = project.read(path)? else { return Ok(None) };
        let broken = |message: String, line: usize, column: usize| {
            let text = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
            Error::new(Exit::Unsupported, format!("`{path}` {message}"))
                .at(Place { file: path.to_owned(), line, column, text })
                .hint(format!("mend `{path}` and run dockwright again"))
        };
        let document = Document::parse(&text).map_err(|error| {
            let at = error.pos();
            broken(format!("is not valid XML: {error}"), at.row as usize, at.col as usize)
        })?;
        let root = document.root_element();
        if root.tag_name().name() != "project" {
            return Err(broken(format!("is no Maven project: it begins with `<{}>`", root.tag_name().name()), 1, 1));
        }
        let reader = Reader { document: &document };
        let build = child(root, "build");
        let managed = child(root, "dependencyManagement").and_then(|node| child(node, "dependencies"));
        let parent = child(root, "parent").map(|node| {
            let relative = child(node, "relativePath").map(|path| value(path).unwrap_or_default());
            (reader.coordinates(node), relative)
        });
        let active = children(root, "profiles").filter(|profile| {
            child(*profile, "activation").and_then(|node| text_of(node, "activeByDefault")).as_deref() == Some("true")
        });
        let modules = std::iter::once(root).chain(active).flat_map(|node| children(node, "modules").chain(children(node, "subprojects")));
        Ok(Some(Self {
            path: path.to_owned(),
            dir: path.rsplit_once('/').map_or(".", |(dir, _)| dir).to_owned(),
            at: reader.coordinates(root),
            packaging: text_of(root, "packaging").unwrap_or_else(|| "jar".to_owned()),
            parent,
            properties: children(root, "properties").filter_map(|node| Some((name(node), value(node)?, reader.line(node)))).collect(),
            modules: modules.filter_map(value).collect(),
            dependencies: children(root, "dependencies").map(|node| reader.coordinates(node)).collect(),
            managed: managed.into_iter().flat_map(elements).map(|node| reader.coordinates(node)).collect(),
            plugins: build.into_iter().flat_map(|node| children(node, "plugins")).map(|node| reader.plugin(node)).collect(),
            conditional_plugins: children(root, "profiles")
                .filter_map(|profile| {
                    let file = child(profile, "activation").and_then(|node| child(node, "file")).and_then(|node| text_of(node, "exists"));
                    let default = child(profile, "activation").and_then(|node| text_of(node, "activeByDefault")).filter(|text| text == "true");
                    Some((file.or_else(|| default.map(|_| ".".to_owned()))?, child(profile, "build")?))
                })
                .flat_map(|(file, build)| children(build, "plugins").map(move |node| (file.clone(), node)))
                .map(|(file, node)| (file, reader.plugin(node)))
                .collect(),
            managed_plugins: build
                .and_then(|node| child(node, "pluginManagement"))
                .into_iter()
                .flat_map(|node| children(node, "plugins"))
                .map(|node| reader.plugin(node))
                .collect(),
            final_name: build.and_then(|node| text_of(node, "finalName")),
            repositories: children(root, "repositories")
                .chain(children(root, "pluginRepositories"))
                .filter_map(|node| Some((text_of(node, "id").unwrap_or_default(), text_of(node, "url")?, reader.line(node))))
                .collect(),
        }))
    }

    /// Path of a module's `pom.xml`: a module is a folder, or a file.
    pub fn module_path(&self, module: &str) -> Option<String> {
        let path = join(&self.dir, module.trim_end_matches('/'));
        normal(&if path.ends_with(".xml") { path } else { join(&path, "pom.xml") })
    }

    /// Path of its parent's `pom.xml`, where that is one of the project's files.
    pub fn parent_path(&self) -> Option<String> {
        let (_, relative) = self.parent.as_ref()?;
        let relative = relative.as_deref().unwrap_or("../pom.xml");
        if relative.is_empty() {
            return None;
        }
        let path = join(&self.dir, relative.trim_end_matches('/'));
        normal(&if path.ends_with(".xml") { path } else { join(&path, "pom.xml") })
    }
}

/// A path without `.` and `..`; `None` when it leaves the project.
pub fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

struct Reader<'d, 'i> {
    document: &'d Document<'i>,
}

impl Reader<'_, '_> {
    fn line(&self, node: Node<'_, '_>) -> usize {
        self.document.text_pos_at(node.range().start).row as usize
    }

    fn coordinates(&self, node: Node<'_, '_>) -> Coordinates {
        let text = |name| text_of(node, name);
        Coordinates {
            group: text("groupId").unwrap_or_default(),
            artifact: text("artifactId").unwrap_or_default(),
            version: text("version"),
            scope: text("scope").unwrap_or_default(),
            kind: text("type").unwrap_or_default(),
            line: self.line(child(node, "artifactId").unwrap_or(node)),
        }
    }

    fn plugin(&self, node: Node<'_, '_>) -> PomPlugin {
        let mut at = self.coordinates(node);
        if at.group.is_empty() {
            "org.apache.maven.plugins".clone_into(&mut at.group);
        }
        let mut settings = Vec::new();
        for part in elements(node).filter(|part| matches!(part.tag_name().name(), "configuration" | "executions" | "extensions")) {
            self.flatten(part, "", &mut settings);
        }
        PomPlugin { at, settings }
    }

    fn flatten(&self, node: Node<'_, '_>, above: &str, into: &mut Vec<(String, String, usize)>) {
        let path = if above.is_empty() { name(node) } else { format!("{above}.{}", name(node)) };
        // What a transformer of the shade plugin does stands in an attribute.
        for attribute in node.attributes() {
            into.push((format!("{path}@{}", attribute.name()), attribute.value().to_owned(), self.line(node)));
        }
        if elements(node).next().is_none() {
            into.push((path, value(node).unwrap_or_default(), self.line(node)));
            return;
        }
        elements(node).for_each(|inner| self.flatten(inner, &path, into));
    }
}

fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    elements(node).find(|inner| inner.tag_name().name() == name)
}

/// The elements in a list element, e.g. each `dependency` in `dependencies`.
fn children<'a, 'i>(node: Node<'a, 'i>, list: &str) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
    child(node, list).into_iter().flat_map(elements)
}

fn name(node: Node<'_, '_>) -> String {
    node.tag_name().name().to_owned()
}

fn value(node: Node<'_, '_>) -> Option<String> {
    node.text().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn text_of(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).and_then(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_xml_is_pointed_at() {
        let project = Project::from_files([("pom.xml", "<project>\n  <version>1</verion>\n</project>\n")]);
        let error = Pom::read(&project, "pom.xml").unwrap_err();
        assert_eq!(error.exit, Exit::Unsupported);
        assert_eq!(error.place.unwrap().line, 2);
    }

    #[test]
    fn a_path_stays_in_the_project() {
        assert_eq!(normal("a/../pom.xml").as_deref(), Some("pom.xml"));
        assert_eq!(normal("a/../../pom.xml"), None);
    }
}
