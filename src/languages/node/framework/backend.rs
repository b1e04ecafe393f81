//! Libraries that answer requests and build nothing: Express, Fastify, Koa, Nest and the like.

use super::{Context, Framework};
use crate::found::Found;

/// Dependency and name. Nest first: it brings Express or Fastify along.
const LIBRARIES: &[(&str, &str)] =
    &[("@nestjs/core", "nest"), ("fastify", "fastify"), ("koa", "koa"), ("express", "express")];

pub fn detect(context: Context<'_>) -> Option<Framework> {
    LIBRARIES.iter().find_map(|(dependency, name)| {
        let key = ["dependencies", dependency];
        context.manifest.str(&key)?;
        let reason = format!("depends on `{dependency}`");
        let name = Found::certain((*name).to_owned(), context.manifest.evidence(&key, reason));
        let port = Found::guess(3000, name.evidence.first().cloned());
        Some(Framework { port: Some(port), ..Framework::plain(name) })
    })
}
