//! What a Node.js project looks like at first.

use crate::begin::Beginning;

const EXPECTS: &str = "`package.json` and `package-lock.json` (npm), and `server.js`, which listens on `PORT` (by default {port})";

pub const BEGINNINGS: &[Beginning] = &[
    Beginning {
        language: "node",
        framework: "express",
        port: Some(3000),
        files: &[
            ("package.json", r#"{"name": "{name}", "scripts": {"start": "node server.js"}, "dependencies": {"express": "^5.1.0"}}"#),
            ("package-lock.json", r#"{"name": "{name}", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "{name}", "dependencies": {"express": "^5.1.0"}}, "node_modules/express": {"version": "5.1.0"}}}"#),
            ("server.js", "import express from 'express'\nconst server = express().listen(process.env.PORT || {port})\nprocess.on('SIGTERM', () => server.close())\n"),
        ],
        expects: EXPECTS,
    },
    Beginning {
        language: "node",
        framework: "fastify",
        port: Some(3000),
        files: &[
            ("package.json", r#"{"name": "{name}", "scripts": {"start": "node server.js"}, "dependencies": {"fastify": "^5.6.0"}}"#),
            ("package-lock.json", r#"{"name": "{name}", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "{name}", "dependencies": {"fastify": "^5.6.0"}}, "node_modules/fastify": {"version": "5.6.0"}}}"#),
            ("server.js", "import Fastify from 'fastify'\nconst app = Fastify()\napp.listen({ port: process.env.PORT || {port}, host: '0.0.0.0' })\nprocess.on('SIGTERM', () => app.close())\n"),
        ],
        expects: EXPECTS,
    },
    Beginning {
        language: "node",
        framework: "none",
        port: Some(3000),
        files: &[
            ("package.json", r#"{"name": "{name}", "scripts": {"start": "node server.js"}}"#),
            ("package-lock.json", r#"{"name": "{name}", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "{name}"}}}"#),
            ("server.js", "import { createServer } from 'node:http'\nconst server = createServer().listen(process.env.PORT || {port})\nprocess.on('SIGTERM', () => server.close())\n"),
        ],
        expects: EXPECTS,
    },
];
