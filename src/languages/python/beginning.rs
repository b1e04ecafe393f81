//! What a Python project looks like at first.

use crate::begin::Beginning;

pub const BEGINNINGS: &[Beginning] = &[
    Beginning {
        language: "python",
        framework: "fastapi",
        port: Some(8000),
        files: &[
            ("requirements.txt", "fastapi==0.118.0\nuvicorn==0.37.0\n"),
            ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
        ],
        expects: "`requirements.txt` with fastapi and uvicorn, and `main.py`, in which `app = FastAPI()`",
    },
    Beginning {
        language: "python",
        framework: "flask",
        port: Some(8000),
        files: &[
            ("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n"),
            ("app.py", "from flask import Flask\n\napp = Flask(__name__)\n"),
        ],
        expects: "`requirements.txt` with flask and gunicorn, and `app.py`, in which `app = Flask(__name__)`",
    },
    Beginning {
        language: "python",
        framework: "django",
        port: Some(8000),
        files: &[
            ("requirements.txt", "django==5.2.6\ngunicorn==23.0.0\n"),
            ("manage.py", "import os\nfrom django.core.management import execute_from_command_line\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"),
            ("config/__init__.py", ""),
            ("config/settings.py", "import os\nSECRET_KEY = os.environ['SECRET_KEY']\nROOT_URLCONF = 'config.urls'\nWSGI_APPLICATION = 'config.wsgi.application'\n"),
            ("config/wsgi.py", "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"),
        ],
        expects: "`requirements.txt` with django and gunicorn, and the project in `config/` (`django-admin startproject config .`)",
    },
];
