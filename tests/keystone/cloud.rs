//! A Keystone for one test: started on a copy of a new one, with the projects and users
//! of the stories, and gone when dropped.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use backup_share::config::{Config, IdentityMode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{
    fixture::{ALICE, BOB, CAROL, DATA, MALLORY},
    server::TestServer,
};

pub struct Cloud {
    folder: tempfile::TempDir,
    process: Option<Child>,
    port: u16,
    encrypted: bool,
    http: reqwest::Client,
    admin: String,
    pub alice: Project,
    pub bob: Project,
    pub carol: Project,
    pub mallory: Project,
    /// The service's account.
    pub service: Project,
}

/// A project, and its one user of the same name, password included.
#[derive(Clone, Default)]
pub struct Project {
    pub id: String,
    pub user: String,
}

impl Cloud {
    /// With alice, bob, carol and mallory, each a member of its own project; and `cbr`, the
    /// service's account.
    pub async fn start() -> Self {
        let mut cloud = Self::bare(false).await;
        for name in ["alice", "bob", "carol", "mallory", "cbr"] {
            let project = cloud.founds(name).await;
            cloud
                .assigns(
                    "PUT",
                    &project,
                    if name == "cbr" { "service" } else { "member" },
                )
                .await;
            match name {
                "alice" => cloud.alice = project,
                "bob" => cloud.bob = project,
                "carol" => cloud.carol = project,
                "mallory" => cloud.mallory = project,
                _ => cloud.service = project,
            }
        }
        cloud
    }

    /// With the administrator alone.
    pub async fn bare(encrypted: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        run(Command::new("cp")
            .arg("-r")
            .arg(programs().join("new/."))
            .arg(folder.path()));
        if encrypted {
            let request = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=keystone -addext basicConstraints=critical,CA:FALSE \
                           -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem";
            run(Command::new("openssl")
                .args(request.split_whitespace())
                .current_dir(folder.path()));
        }
        let mut http = reqwest::Client::builder().no_proxy();
        if encrypted {
            let trusted =
                std::fs::read(folder.path().join("certificate.pem")).expect("a certificate");
            http = http.add_root_certificate(
                reqwest::Certificate::from_pem(&trusted).expect("a certificate"),
            );
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = http.build().expect("an HTTP client");
        let [alice, bob, carol, mallory, service] = std::array::from_fn(|_| Project::default());
        let admin = String::new();
        let mut cloud = Self {
            folder,
            process: None,
            port: 0,
            encrypted,
            http,
            admin,
            alice,
            bob,
            carol,
            mallory,
            service,
        };
        cloud.start_again();
        cloud.admin = cloud.token("admin", "admin").await;
        cloud
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn address(&self) -> String {
        format!(
            "http{}://127.0.0.1:{}/v3",
            if self.encrypted { "s" } else { "" },
            self.port
        )
    }

    // --- People
    // -------------------------------------------------------------------------------------------------------

    /// A token of a user whose password is the name, for the project.
    pub async fn token(&self, user: &str, project: &str) -> String {
        let scope = json!({"project": {"name": project, "domain": {"id": "default"}}});
        self.issued(user, user, Some(scope)).await.expect("a token")
    }

    /// A token that is not for any project.
    pub async fn unscoped_token(&self, user: &str) -> String {
        self.issued(user, user, Some(json!("unscoped")))
            .await
            .expect("a token")
    }

    pub async fn issued(
        &self,
        user: &str,
        password: &str,
        scope: Option<Value>,
    ) -> Result<String, StatusCode> {
        let user = json!({"name": user, "domain": {"id": "default"}, "password": password});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let mut auth = json!({"auth": {"identity": identity}});
        if let Some(scope) = scope {
            auth["auth"]["scope"] = scope;
        }
        let response = self
            .http
            .post(format!("{}/auth/tokens", self.address()))
            .json(&auth)
            .send()
            .await;
        let response = response.expect("a response");
        let token = response
            .headers()
            .get("x-subject-token")
            .ok_or(response.status())?;
        Ok(token.to_str().expect("text").to_owned())
    }

    /// Id and secret of a new application credential of a user, for the project of the same name.
    pub async fn application_credential(&self, name: &str) -> (String, String) {
        let token = self.token(name, name).await;
        let user = self
            .api("GET", &format!("/users?name={name}"), Value::Null)
            .await;
        let path = format!(
            "{}/users/{}/application_credentials",
            self.address(),
            text(&user["users"][0]["id"])
        );
        let wanted = json!({"application_credential": {"name": "for the service"}});
        let response = self
            .http
            .post(path)
            .header("X-Auth-Token", token)
            .json(&wanted)
            .send()
            .await;
        let made: Value = response.expect("a response").json().await.expect("JSON");
        let made = &made["application_credential"];
        (text(&made["id"]), text(&made["secret"]))
    }

    /// Makes a project and a user of the same name.
    pub async fn founds(&self, name: &str) -> Project {
        let project = json!({"project": {"name": name, "domain_id": "default"}});
        let id = text(&self.api("POST", "/projects", project).await["project"]["id"]);
        let user = json!({"user": {"name": name, "password": name, "domain_id": "default", "default_project_id": id}});
        Project {
            user: text(&self.api("POST", "/users", user).await["user"]["id"]),
            id,
        }
    }

    /// Gives (`PUT`) or takes (`DELETE`) a role in the project.
    pub async fn assigns(&self, method: &str, to: &Project, role: &str) {
        let roles = self
            .api("GET", &format!("/roles?name={role}"), Value::Null)
            .await;
        let role = text(&roles["roles"][0]["id"]);
        self.api(
            method,
            &format!("/projects/{}/users/{}/roles/{role}", to.id, to.user),
            Value::Null,
        )
        .await;
        if method == "DELETE" {
            next_second().await;
        }
    }

    /// Puts the service into the catalog, at the address that clients are to call.
    pub async fn registers(&self, endpoint: &str) {
        let service = json!({"service": {"type": "backup-share", "name": "backup-share"}});
        let service = self.api("POST", "/services", service).await["service"]["id"].clone();
        let url = format!("{endpoint}/v3/$(project_id)s");
        let endpoint =
            json!({"endpoint": {"service_id": service, "interface": "public", "url": url}});
        self.api("POST", "/endpoints", endpoint).await;
    }

    pub async fn enables(&self, project: &Project, enabled: bool) {
        let change = json!({"project": {"enabled": enabled}});
        self.api("PATCH", &format!("/projects/{}", project.id), change)
            .await;
    }

    pub async fn changes_user(&self, of: &Project, change: Value) {
        self.api(
            "PATCH",
            &format!("/users/{}", of.user),
            json!({ "user": change }),
        )
        .await;
        next_second().await;
    }

    pub async fn revokes(&self, token: &str) {
        let request = self.http.delete(format!("{}/auth/tokens", self.address()));
        let response = request
            .header("X-Auth-Token", &self.admin)
            .header("X-Subject-Token", token)
            .send()
            .await;
        assert_eq!(
            response.expect("a response").status(),
            StatusCode::NO_CONTENT
        );
    }

    /// Whether a token is good, asked by itself: the administrator's has ended too, maybe.
    pub async fn knows(&self, token: &str) -> bool {
        let request = self.http.get(format!("{}/auth/tokens", self.address()));
        let response = request
            .header("X-Auth-Token", token)
            .header("X-Subject-Token", token)
            .send()
            .await;
        response.expect("a response").status().is_success()
    }

    pub async fn api(&self, method: &str, path: &str, body: Value) -> Value {
        let method: Method = method.parse().expect("a method");
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.address()));
        if body != Value::Null {
            request = request.json(&body);
        }
        let response = request
            .header("X-Auth-Token", &self.admin)
            .send()
            .await
            .expect("a response");
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.status()
        );
        response.json().await.unwrap_or_default()
    }

    // --- The process
    // --------------------------------------------------------------------------------------------------

    /// At the address of before.
    pub fn start_again(&mut self) {
        let mut command = Command::new(programs().join("venv/bin/python3"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keystone/serve.py");
        command.arg("-B").arg(script).arg(self.port.to_string());
        if self.encrypted {
            command.args(["certificate.pem", "key.pem"]);
        }
        let log = std::fs::File::create(self.folder().join("stderr.log")).expect("a log");
        let mut child = command
            .current_dir(self.folder())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("a process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped"))
            .read_line(&mut line)
            .expect("a line");
        self.process = Some(child);
        let log = || std::fs::read_to_string(self.folder().join("stderr.log")).unwrap_or_default();
        self.port = line
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("Keystone did not start: {}", log()));
    }

    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("killed");
            process.wait().expect("gone");
        }
    }

    /// `STOP`: connections are taken, and nothing is answered. `CONT`: all goes on.
    pub fn signal(&self, signal: &str) {
        let id = self.process.as_ref().expect("it runs").id().to_string();
        run(Command::new("kill").arg(format!("-{signal}")).arg(id));
    }

    /// How often it was asked whose a token is, by the first bytes of the SHA-256 of the token.
    pub fn questions(&self) -> std::collections::BTreeMap<String, usize> {
        let log = std::fs::read_to_string(self.folder().join("requests.log")).expect("a log");
        let asked = log
            .lines()
            .filter_map(|line| line.strip_prefix("GET /v3/auth/tokens "));
        asked.fold(std::collections::BTreeMap::new(), |mut counts, token| {
            *counts.entry(token.to_owned()).or_default() += 1;
            counts
        })
    }

    // --- The service
    // --------------------------------------------------------------------------------------------------

    /// A service that asks this Keystone, with the data of the stories, and further settings.
    pub async fn server(&self, settings: impl FnOnce(&mut Config)) -> TestServer {
        let projects = [
            (ALICE, &self.alice),
            (BOB, &self.bob),
            (CAROL, &self.carol),
            (MALLORY, &self.mallory),
        ];
        let data = projects
            .iter()
            .filter(|(_, project)| !project.id.is_empty());
        let data = data.fold(DATA.to_owned(), |data, (id, project)| {
            data.replace(id, &project.id)
        });
        TestServer::with_data(&data, |config| {
            config.identity.mode = IdentityMode::Keystone;
            config.keystone.address = self.address();
            (config.keystone.user, config.keystone.password) = ("cbr".into(), "cbr".into());
            config.keystone.project = "cbr".into();
            config.keystone.deadline_seconds = 1;
            settings(config);
        })
        .await
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where `scripts/test keystone` has put Keystone.
pub fn programs() -> PathBuf {
    let folder = std::env::var_os("KEYSTONE_FOLDER");
    folder
        .expect("a Keystone is needed: `scripts/test keystone` installs one and runs these tests")
        .into()
}

fn run(command: &mut Command) {
    let ended = command.output().expect("a process");
    assert!(
        ended.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

/// Keystone writes down to the second when tokens were revoked: one that is issued within the same
/// is revoked with them.
async fn next_second() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
