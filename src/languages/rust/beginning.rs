//! What a Rust project looks like at first.

use crate::begin::Beginning;

pub const BEGINNINGS: &[Beginning] = &[
    Beginning {
        language: "rust",
        framework: "axum",
        port: Some(3000),
        files: &[
            ("Cargo.toml", "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n"),
            ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"axum\"\nversion = \"0.8.0\"\n\n[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\ndependencies = [\n \"axum\",\n]\n"),
            ("src/main.rs", "use axum::Router;\n\n#[tokio::main]\nasync fn main() {\n    let port = std::env::var(\"PORT\").unwrap_or_else(|_| \"{port}\".to_owned());\n    let listener = tokio::net::TcpListener::bind(format!(\"0.0.0.0:{port}\")).await.unwrap();\n    axum::serve(listener, Router::new()).await.unwrap();\n}\n"),
        ],
        expects: "`Cargo.toml` with axum, `Cargo.lock`, and in `src/main.rs` a program that listens on `PORT`, by default {port}",
    },
    Beginning {
        language: "rust",
        framework: "none",
        port: Some(8080),
        files: &[
            ("Cargo.toml", "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
            ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\n"),
            ("src/main.rs", "use std::net::TcpListener;\n\nfn main() {\n    let port = std::env::var(\"PORT\").unwrap_or_else(|_| \"{port}\".to_owned());\n    let listener = TcpListener::bind(format!(\"0.0.0.0:{port}\"));\n}\n"),
        ],
        expects: "`Cargo.toml`, `Cargo.lock`, and in `src/main.rs` a program that listens on `PORT`, by default {port}",
    },
];
