//! The image that a Dockerfile makes: its base, and what variables stand for in it.

use std::collections::BTreeMap;

use super::words::expand;
use super::{Dockerfile, Kind, Step};

impl Dockerfile {
    /// The image from outside that the final stage builds on, with the line that names it.
    pub fn base(&self) -> Option<(usize, String)> {
        let mut at = self.stages.len().checked_sub(1)?;
        while let Some(below) = (0..at).rev().find(|&below| self.is_named(below, &self.stages[at].image)) {
            at = below;
        }
        Some((self.stages[at].line, self.image_at(at)))
    }

    /// The image of a stage, with the defaults of the global `ARG`s put in.
    pub fn image_at(&self, index: usize) -> String {
        let defaults = self.defaults(&self.global.iter().collect::<Vec<_>>());
        expand(&self.stages[index].image, &|name| defaults.get(name).cloned())
    }

    /// Text of the final stage, with the defaults of its `ARG`s and the values of its `ENV`s put in. What nobody sets stays.
    pub fn resolved(&self, text: &str) -> String {
        let steps: Vec<&Step> = self.global.iter().chain(self.final_steps()).collect();
        let known = self.defaults(&steps);
        expand(text, &|name| Some(known.get(name).cloned().unwrap_or_else(|| format!("${{{name}}}"))))
    }

    /// The last step of the final image that `pick` takes, those of the stages below it included.
    pub fn last_step<'d, T: 'd>(&'d self, pick: impl Fn(&'d Kind) -> Option<T>) -> Option<(usize, T)> {
        self.final_steps().into_iter().rev().find_map(|step| Some((step.line, pick(&step.kind)?)))
    }

    /// Whether a stage has this name.
    fn is_named(&self, index: usize, name: &str) -> bool {
        self.stages[index].name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    fn defaults(&self, steps: &[&Step]) -> BTreeMap<String, String> {
        let mut known = BTreeMap::new();
        for step in steps {
            match &step.kind {
                Kind::Arg(pairs) => known.extend(pairs.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)))),
                Kind::Env(pairs) => known.extend(pairs.iter().cloned()),
                _ => {}
            }
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::read;

    #[test]
    fn the_base_is_that_of_the_stage_below_and_arguments_have_their_defaults() {
        let file = read("ARG V=3.13\nFROM python:${V}-slim AS Base\nARG UID=10001\nUSER ${UID}\nFROM base\nCMD [\"python\"]\n").unwrap();
        assert_eq!(file.base(), Some((2, "python:3.13-slim".to_owned())));
        assert_eq!(file.resolved("${UID}:$GID"), "10001:${GID}");
    }

    #[test]
    fn a_default_of_the_variable_itself_counts() {
        let file = read("ARG V\nFROM node:${V:-24}-slim\n").unwrap();
        assert_eq!(file.base().unwrap().1, "node:24-slim");
    }
}
