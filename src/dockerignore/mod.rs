//! `.dockerignore`: what its lines mean, and which lines a project gets.

mod matcher;

pub use matcher::{Matcher, literal};

use crate::project::Project;

/// Prefixes of variables whose values a front end shows to everybody.
const PUBLIC: &[&str] = &[
    "VITE_", "NEXT_PUBLIC_", "REACT_APP_", "PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "NG_APP_", "VUE_APP_", "EXPO_PUBLIC_",
    "STORYBOOK_",
];

/// Whether an environment file holds only what ends up in everybody's browser anyway.
pub fn is_public(project: &Project, path: &str) -> bool {
    let Ok(Some(text)) = project.read(path) else { return false };
    let mut names = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.strip_prefix("export ").unwrap_or(line).split('=').next().unwrap_or_default().trim())
        .peekable();
    names.peek().is_some() && names.all(|name| PUBLIC.iter().any(|prefix| name.starts_with(prefix)))
}
