//! Inputs on which other generators fail, each with what must be instead. The others of the list are tests of their
//! language: search for `fn e`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod project;

use project::Project;

const SERVER: (&str, &str) = ("server.js", "require('http').createServer().listen(process.env.PORT || 3000)\n");

/// The Dockerfile of a project.
fn dockerfile(files: &[(&str, &str)]) -> String {
    let project = Project::new(files);
    project.ok(&["init", "--yes"]);
    project.read("Dockerfile")
}

fn engines(range: &str) -> String {
    let manifest = format!(r#"{{"name": "x", "engines": {{"node": "{range}"}}, "scripts": {{"start": "node server.js"}}}}"#);
    dockerfile(&[("package.json", &manifest), SERVER])
}

#[test]
fn e1_a_range_of_node_becomes_a_line() {
    assert!(engines(">=22 <25").contains("FROM node:24."));
}

#[test]
fn e6_an_application_of_a_monorepo_is_built_from_its_root() {
    let project = Project::new(&[
        ("package.json", r#"{"name": "mono", "private": true, "packageManager": "pnpm@10.15.1", "devDependencies": {"turbo": "^2"}}"#),
        ("pnpm-workspace.yaml", "packages:\n  - apps/*\n"),
        ("turbo.json", "{\"tasks\": {\"build\": {}}}"),
        ("apps/web/package.json", r#"{"name": "web", "scripts": {"build": "next build", "start": "next start"}, "dependencies": {"next": "15.3.0", "react": "19.1.0", "react-dom": "19.1.0"}}"#),
        ("apps/web/app/page.js", "export default () => null\n"),
    ]);
    project.ok(&["init", "--yes"]);
    let text = project.read("apps/web/Dockerfile");
    assert!(text.contains("-f apps/web/Dockerfile .") && text.contains("pnpm@10.15.1"), "{text}");
    assert!(project.has("apps/web/Dockerfile.dockerignore"));
}

#[test]
fn e9_e20_a_single_page_application_is_built_and_served_unprivileged() {
    let text = dockerfile(&[
        ("package.json", r#"{"name": "x", "scripts": {"build": "vite build"}, "devDependencies": {"vite": "7.0.0"}}"#),
        ("vite.config.js", "export default {}\n"),
        ("index.html", "<div id=root></div>"),
    ]);
    assert!(text.contains("npm run build") && text.contains("listen 8080;") && text.contains("USER 10001:10001"), "{text}");
    assert!(text.contains("/index.html;") && !text.contains("FROM nginx\n"), "{text}");
}

#[test]
fn e10_the_start_script_and_the_port_are_followed() {
    let text = dockerfile(&[
        ("package.json", r#"{"name": "x", "scripts": {"build": "tsc", "start": "node dist/server.js"}, "dependencies": {"fastify": "5.0.0"}, "devDependencies": {"typescript": "5.9.2"}}"#),
        ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
        ("src/server.ts", "import fastify from 'fastify'\nfastify().listen({ port: 4000, host: '0.0.0.0' })\n"),
    ]);
    assert!(text.contains("dist/server.js") && text.contains("EXPOSE 4000") && text.contains("npm run build"), "{text}");
}

#[test]
fn e12_an_image_without_a_shell_uses_none() {
    let text = dockerfile(&[("go.mod", "module example.com/x\n\ngo 1.25\n"), ("main.go", "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n")]);
    let last = text.rsplit("\nFROM ").next().unwrap();
    assert!(last.starts_with("gcr.io/distroless/static") && !last.contains("\"sh\"") && last.contains("ENTRYPOINT [\""), "{text}");
}

#[test]
fn e14_e17_a_hand_written_dockerfile_is_refused_and_stays() {
    let project = Project::new(&[("package.json", r#"{"name": "x", "scripts": {"start": "node server.js"}}"#), SERVER, ("Dockerfile", "FROM scratch\n")]);
    project.fails(&["init", "--yes"], 6, "was not written by dockwright");
    assert_eq!(project.read("Dockerfile"), "FROM scratch\n");
}

#[test]
fn e15_a_file_that_a_manifest_names_is_not_ignored() {
    let project = Project::new(&[
        ("pyproject.toml", "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n\n[project]\nname = 'x'\nversion = '1'\nreadme = 'README.md'\ndependencies = []\n\n[project.scripts]\nx = 'x:main'\n"),
        ("README.md", "# x\n"),
        ("src/x/__init__.py", "def main():\n    pass\n"),
    ]);
    project.ok(&["init", "--yes"]);
    let ignored = dockwright::dockerignore::Matcher::new(&project.read(".dockerignore")).unwrap();
    assert!(!ignored.excludes("README.md"));
}

#[test]
fn e16_the_next_command_can_be_run() {
    let project = Project::new(&[("package.json", r#"{"scripts": {"start": "node server.js"}}"#), SERVER]);
    let said = project.ok(&["init", "--yes"]);
    let next = said.stderr.lines().find(|line| line.starts_with("next: ")).unwrap().to_owned();
    let name = next.split(" -t ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)), "{next}");
}

#[test]
fn e18_versions_are_compared_as_numbers() {
    let text = engines(">=9");
    assert!(text.contains("FROM node:2"), "{text}");
}

#[test]
fn e19_the_named_package_manager_is_taken_at_its_version() {
    let text = dockerfile(&[
        ("package.json", r#"{"name": "x", "packageManager": "pnpm@10.15.1", "scripts": {"start": "node server.js"}}"#),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n  .: {}\n"),
        SERVER,
    ]);
    assert!(text.contains("pnpm@10.15.1") && !text.contains("latest"), "{text}");
}
