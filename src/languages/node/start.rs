//! The program behind `npm start`: npm as PID 1 drops requests on SIGTERM, so it must not run in the container.

use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;
use crate::project::{Project, join};

/// The start command: the `start` script when it runs node itself, then `main`, then a usual file.
pub fn find(project: &Project, dir: &str, manifest: &JsonFile) -> Option<Found<Vec<String>>> {
    if let Some(script) = manifest.str(&["scripts", "start"])
        && let Some(command) = node_command(script)
    {
        return Some(Found::certain(command, manifest.evidence(&["scripts", "start"], format!("`start` runs `{script}`"))));
    }
    if let Some(main) = manifest.str(&["main"])
        && project.has(&join(dir, main.trim_start_matches("./")))
    {
        let command = vec!["node".to_owned(), main.trim_start_matches("./").to_owned()];
        return Some(Found::likely(command, manifest.evidence(&["main"], "`main` names the entry file")));
    }
    let file = project.first(dir, &["server.js", "index.js", "app.js", "src/server.js", "src/index.js", "src/app.js"])?;
    let evidence = Evidence::at(join(dir, file), 1, "a usual name for the entry file");
    Some(Found::guess(vec!["node".to_owned(), file.to_owned()], Some(evidence)))
}

/// The words of a script that is nothing but `node ...`; shell syntax makes it `None`.
fn node_command(script: &str) -> Option<Vec<String>> {
    if script.contains(['|', '&', ';', '$', '`', '<', '>', '(', '"', '\'', '\\', '*', '\n']) {
        return None;
    }
    let mut words: Vec<String> = script.split_whitespace().map(str::to_owned).collect();
    // Variables before the command are for the shell; NODE_ENV is set in the image anyway.
    while words.first().is_some_and(|word| word.starts_with("NODE_ENV=")) {
        words.remove(0);
    }
    (words.len() > 1 && words[0] == "node").then_some(words)
}
