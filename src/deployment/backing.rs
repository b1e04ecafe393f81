//! The services that a program talks to: detected by its dependencies and settings, with what it is told to find them.

use serde::Serialize;

use super::dependencies::Dependencies;
use super::environment::Environment;
use crate::languages::Facts;
use crate::plan::EnvVar;
use crate::project::Project;

/// A kind of service with what is known of it.
struct Kind {
    name: &'static str,
    title: &'static str,
    port: u16,
    packages: &'static [&'static str],
    /// Words that settings files hold: a scheme, a driver, an engine.
    marks: &'static [&'static str],
    repository: &'static str,
    tag: &'static str,
    /// Index digest of that tag as several public repositories pin it; empty where none agree.
    digest: &'static str,
    user: &'static str,
    volume: &'static str,
    env: &'static [(&'static str, &'static str)],
    command: &'static [&'static str],
    health: &'static [&'static str],
    url: &'static str,
    urls: &'static [&'static str],
    prefixes: &'static [&'static str],
    tmpfs: &'static [&'static str],
}

/// For local work: one user, one database, and a password that stands in `.env`, so that none stands in the file.
const LOCAL: &str = "${LOCAL_PASSWORD:?set it in .env}";

const KINDS: &[Kind] = &[
    Kind {
        name: "postgres", title: "PostgreSQL", port: 5432,
        packages: &["pg", "postgres", "pg-promise", "@prisma/adapter-pg", "psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "github.com/lib/pq", "github.com/jackc/pgx", "gorm.io/driver/postgres", "tokio-postgres", "org.postgresql", "postgresql", "r2dbc-postgresql", "npgsql.entityframeworkcore.postgresql", "npgsql", "postgrex", "pg-native"],
        marks: &["provider = \"postgresql\"", "postgres://", "postgresql://", "django.db.backends.postgresql", "sqlx-postgres"],
        repository: "postgres", tag: "17.6", digest: "00bc86618629af00d2937fdc5a5d63db3ff8450acf52f0636ec813c7f4902929", user: "999:999", volume: "/var/lib/postgresql/data",
        env: &[("POSTGRES_USER", "app"), ("POSTGRES_DB", "app"), ("POSTGRES_PASSWORD", LOCAL)],
        command: &[], health: &["CMD", "pg_isready", "--username=app", "--dbname=app"],
        url: "postgresql://app:${LOCAL_PASSWORD:?set it in .env}@postgres:5432/app",
        urls: &["DATABASE_URL", "DATABASE_URI", "POSTGRES_URL", "POSTGRES_URI", "POSTGRESQL_URL", "DB_URL", "DB_URI", "DIRECT_URL", "SQLALCHEMY_DATABASE_URI", "PG_URL"],
        prefixes: &["POSTGRES", "POSTGRESQL", "PG", "DB", "DATABASE", "SQL"], tmpfs: &["/tmp", "/var/run/postgresql:uid=999,gid=999"],
    },
    Kind {
        name: "mysql", title: "MySQL", port: 3306,
        packages: &["mysql", "mysql2", "mysqlclient", "pymysql", "aiomysql", "github.com/go-sql-driver/mysql", "gorm.io/driver/mysql", "mysql_async", "mysql-connector-j", "mysql-connector-java", "mysql-connector-python", "mariadb-java-client", "mariadb", "pomelo.entityframeworkcore.mysql"],
        marks: &["provider = \"mysql\"", "mysql://", "django.db.backends.mysql"],
        repository: "mysql", tag: "8.4.6", digest: "869218921e61d6c3c89820955d63cca42971f0e3e6c1e2792247bbd944ebc6e9", user: "999:999", volume: "/var/lib/mysql",
        env: &[("MYSQL_USER", "app"), ("MYSQL_DATABASE", "app"), ("MYSQL_PASSWORD", LOCAL), ("MYSQL_RANDOM_ROOT_PASSWORD", "yes")],
        command: &[], health: &["CMD", "mysqladmin", "ping", "--host=127.0.0.1", "--silent"],
        url: "mysql://app:${LOCAL_PASSWORD:?set it in .env}@mysql:3306/app",
        urls: &["DATABASE_URL", "DATABASE_URI", "MYSQL_URL", "DB_URL", "DB_URI", "SQLALCHEMY_DATABASE_URI"],
        prefixes: &["MYSQL", "MARIADB", "DB", "DATABASE", "SQL"], tmpfs: &["/tmp", "/var/run/mysqld:uid=999,gid=999"],
    },
    Kind {
        name: "redis", title: "Redis", port: 6379,
        packages: &["redis", "ioredis", "bullmq", "bull", "connect-redis", "django-redis", "channels-redis", "hiredis", "aioredis", "arq", "rq", "github.com/redis/go-redis", "github.com/go-redis/redis", "github.com/gomodule/redigo", "fred", "deadpool-redis", "spring-boot-starter-data-redis", "jedis", "lettuce-core", "stackexchange.redis", "sidekiq", "predis/predis"],
        marks: &["redis://"],
        repository: "redis", tag: "8.2.1", digest: "5fa2edb1e408fa8235e6db8fab01d1afaaae96c9403ba67b70feceb8661e8621", user: "999:999", volume: "/data",
        env: &[], command: &["redis-server", "--save", "60", "1"], health: &["CMD", "redis-cli", "ping"],
        url: "redis://redis:6379/0",
        urls: &["REDIS_URL", "REDIS_URI", "REDIS_CONNECTION_STRING", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "BROKER_URL", "CACHE_URL"],
        prefixes: &["REDIS"], tmpfs: &["/tmp"],
    },
    Kind {
        name: "mongo", title: "MongoDB", port: 27017,
        packages: &["mongodb", "mongoose", "pymongo", "motor", "mongoengine", "beanie", "go.mongodb.org/mongo-driver", "spring-boot-starter-data-mongodb", "mongodb.driver", "mongoid"],
        marks: &["provider = \"mongodb\"", "mongodb://"],
        repository: "mongo", tag: "8.0.13", digest: "", user: "999:999", volume: "/data/db",
        env: &[], command: &[], health: &["CMD", "mongosh", "--quiet", "--eval", "quit(db.adminCommand('ping').ok ? 0 : 1)"],
        url: "mongodb://mongo:27017/app",
        urls: &["MONGODB_URI", "MONGODB_URL", "MONGO_URI", "MONGO_URL", "DATABASE_URL", "DB_URL", "DB_URI"],
        prefixes: &["MONGO", "MONGODB"], tmpfs: &["/tmp", "/home/mongodb:uid=999,gid=999", "/data/configdb:uid=999,gid=999"],
    },
    Kind {
        name: "rabbitmq", title: "RabbitMQ", port: 5672,
        packages: &["amqplib", "amqp-connection-manager", "pika", "aio-pika", "github.com/rabbitmq/amqp091-go", "github.com/streadway/amqp", "lapin", "spring-boot-starter-amqp", "rabbitmq.client", "bunny"],
        marks: &["amqp://", "pyamqp://"],
        repository: "rabbitmq", tag: "4.1.4", digest: "", user: "999:999", volume: "/var/lib/rabbitmq",
        env: &[("RABBITMQ_DEFAULT_USER", "app"), ("RABBITMQ_DEFAULT_PASS", LOCAL)],
        command: &[], health: &["CMD", "rabbitmq-diagnostics", "--quiet", "check_port_connectivity"],
        url: "amqp://app:${LOCAL_PASSWORD:?set it in .env}@rabbitmq:5672/",
        urls: &["AMQP_URL", "RABBITMQ_URL", "RABBITMQ_URI", "CLOUDAMQP_URL", "CELERY_BROKER_URL", "BROKER_URL"],
        prefixes: &["RABBITMQ", "AMQP"], tmpfs: &["/tmp", "/var/log/rabbitmq:uid=999,gid=999"],
    },
    Kind {
        name: "kafka", title: "Kafka", port: 9092,
        packages: &["kafkajs", "node-rdkafka", "@confluentinc/kafka-javascript", "kafka-python", "kafka-python-ng", "confluent-kafka", "aiokafka", "github.com/segmentio/kafka-go", "github.com/ibm/sarama", "github.com/confluentinc/confluent-kafka-go", "github.com/twmb/franz-go", "rdkafka", "spring-kafka", "kafka-clients", "confluent.kafka"],
        marks: &[],
        repository: "apache/kafka", tag: "4.1.0", digest: "bff074a5d0051dbc0bbbcd25b045bb1fe84833ec0d3c7c965d1797dd289ec88f", user: "1000:1000", volume: "/var/lib/kafka/data",
        env: &[
            ("KAFKA_NODE_ID", "1"), ("KAFKA_PROCESS_ROLES", "broker,controller"), ("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@kafka:9093"),
            ("KAFKA_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093"), ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://kafka:9092"),
            ("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT"), ("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER"),
            ("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1"), ("KAFKA_LOG_DIRS", "/var/lib/kafka/data"),
        ],
        command: &[], health: &["CMD", "/opt/kafka/bin/kafka-broker-api-versions.sh", "--bootstrap-server", "127.0.0.1:9092"],
        url: "kafka:9092",
        urls: &["KAFKA_BROKERS", "KAFKA_BROKER", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_URL", "KAFKA_BROKER_URL", "BOOTSTRAP_SERVERS", "SPRING_KAFKA_BOOTSTRAP_SERVERS"],
        prefixes: &["KAFKA"], tmpfs: &["/tmp", "/opt/kafka/logs:uid=1000,gid=1000", "/opt/kafka/config:uid=1000,gid=1000"],
    },
];

/// A detected service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backing {
    /// Name in Compose.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Port.
    pub port: u16,
    /// Where it was seen.
    pub place: String,
    /// Image; with a digest where the catalog has one.
    pub image: String,
    /// Whether the image is pinned by digest.
    pub pinned: bool,
    /// User and group of the image.
    pub user: &'static str,
    /// Folder of its data.
    pub volume: &'static str,
    /// Its variables.
    pub env: Vec<EnvVar>,
    /// Command in place of the image's.
    pub command: &'static [&'static str],
    /// Its health check.
    pub health: &'static [&'static str],
    /// Folders in memory.
    pub tmpfs: &'static [&'static str],
    /// What the program is told to find it, in the names that it reads.
    pub told: Vec<EnvVar>,
}

/// Looks for them, in the order of the table.
pub(super) fn detect(project: &Project, dependencies: &Dependencies, environment: &Environment, facts: &Facts) -> Vec<Backing> {
    let settings: Vec<(String, std::rc::Rc<str>)> = project
        .files()
        .filter(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.starts_with(".env.") || name.starts_with("settings") || name.starts_with("application.") || name.starts_with("application-prod") || name.starts_with("config.") || name == "schema.prisma" || name == "celery.py" || name == "celeryconfig.py" || name == "tasks.py" || name == "base.py"
        })
        .filter(|path| path.matches('/').count() <= 5)
        .filter_map(|path| Some((path.to_owned(), project.read(path).ok()??)))
        .collect();
    let marked = |marks: &[&str]| {
        settings.iter().find_map(|(path, text)| {
            let line = text.lines().position(|line| {
                !line.trim_start().starts_with(['#', '/', '*']) && marks.iter().any(|mark| line.contains(mark))
            })?;
            Some(format!("{path}:{}", line + 1))
        })
    };
    let mut found: Vec<Backing> = Vec::new();
    for kind in KINDS {
        let place = dependencies.first(kind.packages).map(|(_, evidence)| evidence.place()).or_else(|| marked(kind.marks));
        let Some(place) = place else { continue };
        let (image, pinned) = image(kind);
        let told = told(kind, environment, facts, &found);
        let env = kind.env.iter().map(|(name, value)| EnvVar::new(name, *value)).collect();
        found.push(Backing {
            name: kind.name, title: kind.title, port: kind.port, place, image, pinned, user: kind.user, volume: kind.volume, env,
            command: kind.command, health: kind.health, tmpfs: kind.tmpfs, told,
        });
    }
    found
}

/// With its digest, else the tag alone.
fn image(kind: &Kind) -> (String, bool) {
    let digest = format!("sha256:{}", kind.digest);
    match crate::catalog::PinnedImage::new(kind.repository, kind.tag, &digest) {
        Some(image) => (image.reference().to_owned(), true),
        None => (format!("{}:{}", kind.repository, kind.tag), false),
    }
}

/// The variables that the program reads to find it. What an earlier kind was given is not given twice.
fn told(kind: &Kind, environment: &Environment, facts: &Facts, before: &[Backing]) -> Vec<EnvVar> {
    let mut told: Vec<EnvVar> = Vec::new();
    let taken = |name: &str| before.iter().any(|backing| backing.told.iter().any(|variable| variable.name == name));
    for name in kind.urls.iter().filter(|name| environment.has(name) && !taken(name)) {
        told.push(EnvVar::new(name, kind.url));
    }
    let spring = facts.framework.as_ref().is_some_and(|found| found.value.starts_with("spring"));
    let (user, database) = ("app", "app");
    if spring && ["postgres", "mysql"].contains(&kind.name) && !taken("SPRING_DATASOURCE_URL") {
        let scheme = if kind.name == "postgres" { "postgresql" } else { "mysql" };
        told.push(EnvVar::new("SPRING_DATASOURCE_URL", format!("jdbc:{scheme}://{}:{}/{database}", kind.name, kind.port)));
        told.push(EnvVar::new("SPRING_DATASOURCE_USERNAME", user));
        told.push(EnvVar::new("SPRING_DATASOURCE_PASSWORD", LOCAL));
    }
    if spring {
        match kind.name {
            "redis" => told.push(EnvVar::new("SPRING_DATA_REDIS_HOST", "redis")),
            "mongo" => told.push(EnvVar::new("SPRING_DATA_MONGODB_URI", kind.url)),
            "kafka" => told.push(EnvVar::new("SPRING_KAFKA_BOOTSTRAP_SERVERS", kind.url)),
            "rabbitmq" => told.push(EnvVar::new("SPRING_RABBITMQ_HOST", "rabbitmq")),
            _ => {}
        }
    }
    for prefix in kind.prefixes {
        let mut add = |ends: &[&str], value: &str| {
            for end in ends {
                let name = if *prefix == "PG" { format!("PG{end}") } else { format!("{prefix}_{end}") };
                if environment.has(&name) && !taken(&name) && !told.iter().any(|variable| variable.name == name) {
                    told.push(EnvVar::new(&name, value));
                }
            }
        };
        add(&["HOST", "HOSTNAME", "SERVER"], kind.name);
        add(&["PORT"], &kind.port.to_string());
        if !kind.env.is_empty() && kind.name != "kafka" {
            add(&["USER", "USERNAME"], user);
            add(&["PASSWORD", "PASS", "PASSWD"], LOCAL);
            add(&["NAME", "DB", "DATABASE", "DBNAME"], database);
        }
    }
    told
}
