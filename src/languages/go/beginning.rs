//! What a Go project looks like at first.

use crate::begin::Beginning;

pub const BEGINNINGS: &[Beginning] = &[
    Beginning {
        language: "go",
        framework: "none",
        port: Some(8080),
        files: &[
            ("go.mod", "module example.com/{name}\n"),
            ("main.go", "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\tport := os.Getenv(\"PORT\")\n\tif port == \"\" {\n\t\tport = \"{port}\"\n\t}\n\thttp.ListenAndServe(\":\"+port, nil)\n}\n"),
        ],
        expects: "`go.mod`, and in `main.go` a program that listens on `PORT`, by default {port}",
    },
    Beginning {
        language: "go",
        framework: "gin",
        port: Some(8080),
        files: &[
            ("go.mod", "module example.com/{name}\n\nrequire github.com/gin-gonic/gin v1.10.1\n"),
            ("go.sum", "github.com/gin-gonic/gin v1.10.1/go.mod h1:\n"),
            ("main.go", "package main\n\nimport (\n\t\"os\"\n\n\t\"github.com/gin-gonic/gin\"\n)\n\nfunc main() {\n\tport := os.Getenv(\"PORT\")\n\tif port == \"\" {\n\t\tport = \"{port}\"\n\t}\n\tgin.Default().Run(\":\" + port)\n}\n"),
        ],
        expects: "`go.mod` with gin, `go.sum`, and in `main.go` a program that listens on `PORT`, by default {port}",
    },
    Beginning {
        language: "go",
        framework: "chi",
        port: Some(8080),
        files: &[
            ("go.mod", "module example.com/{name}\n\nrequire github.com/go-chi/chi/v5 v5.2.2\n"),
            ("go.sum", "github.com/go-chi/chi/v5 v5.2.2/go.mod h1:\n"),
            ("main.go", "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n\n\t\"github.com/go-chi/chi/v5\"\n)\n\nfunc main() {\n\tport := os.Getenv(\"PORT\")\n\tif port == \"\" {\n\t\tport = \"{port}\"\n\t}\n\thttp.ListenAndServe(\":\"+port, chi.NewRouter())\n}\n"),
        ],
        expects: "`go.mod` with chi, `go.sum`, and in `main.go` a program that listens on `PORT`, by default {port}",
    },
    Beginning {
        language: "go",
        framework: "echo",
        port: Some(8080),
        files: &[
            ("go.mod", "module example.com/{name}\n\nrequire github.com/labstack/echo/v4 v4.13.4\n"),
            ("go.sum", "github.com/labstack/echo/v4 v4.13.4/go.mod h1:\n"),
            ("main.go", "package main\n\nimport (\n\t\"os\"\n\n\t\"github.com/labstack/echo/v4\"\n)\n\nfunc main() {\n\tport := os.Getenv(\"PORT\")\n\tif port == \"\" {\n\t\tport = \"{port}\"\n\t}\n\techo.New().Start(\":\" + port)\n}\n"),
        ],
        expects: "`go.mod` with echo, `go.sum`, and in `main.go` a program that listens on `PORT`, by default {port}",
    },
];
