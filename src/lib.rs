//! dockwright writes production container files for a repository, and proves them.
//!
//! A repository goes in; what is true of it comes out as facts with their source; facts and answers become one
//! [`plan::Plan`]; the plan is rendered; the rendered files prove themselves; and only then is anything written.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod answers_file;
pub mod artefacts;
pub mod begin;
pub mod base;
pub mod catalog;
pub mod checklist;
pub mod cli;
pub mod commands;
pub mod deployment;
pub mod dockerfile;
pub mod dockerignore;
pub mod error;
pub mod existing;
pub mod found;
pub mod generate;
pub mod json_file;
pub mod languages;
pub mod lock;
pub mod output;
pub mod pins;
pub mod plan;
pub mod project;
pub mod prompt;
pub mod prove;
pub mod questions;
pub mod recognise;
pub mod reconcile;
pub mod registry;
pub mod render;
pub mod settings;
pub mod sources;
pub mod templates;
pub mod toml_file;
pub mod write;
pub mod yaml_file;
