//! The demo's three tours: what the README tells, what `serve --demo` prints, and the examples in
//! Swagger UI. They can be taken in any order, and the stories more than once.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use backup_share::contract::document;
use reqwest::Method;
use serde_json::Value;
use testkit::{
    http::{client, send},
    process::program,
};

use crate::process::Server;

const README: &str = include_str!("../../README.md");

/// Pastes a text into a shell; what it printed.
fn paste(story: &str) -> String {
    let mut shell = Command::new("sh");
    shell
        .arg("-e")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut shell = shell.spawn().expect("a shell");
    let mut input = shell.stdin.take().expect("a pipe");
    input.write_all(story.as_bytes()).expect("read by it");
    drop(input);
    let output = shell.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let (printed, errors) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{story}\n{printed}{errors}");
    printed
}

/// What the demo printed to be pasted.
fn printed(server: &Server) -> String {
    let log = server.log();
    log[log.find("export BACKUP_SHARE_ENDPOINT").expect("a story")..].to_owned()
}

/// The story of the README, with this build's program and address.
fn readme(server: &Server) -> String {
    let from = README
        .find("export BACKUP_SHARE_ENDPOINT")
        .expect("a story");
    let story = &README[from..];
    let story = &story[..story.find("```").expect("its end")];
    story
        .replace("http://127.0.0.1:8799", &server.endpoint)
        .replace(
            "target/release/backup-share",
            &program().display().to_string(),
        )
}

fn resolved(value: &'static Value) -> &'static Value {
    let target = value["$ref"].as_str();
    target.map_or(value, |at| {
        document::json().pointer(&at[1..]).expect("a target")
    })
}

/// An operation of the contract as Swagger UI fills it in: method, path, project and body.
fn filled_in(
    path: &str,
    method: &str,
    operation: &'static Value,
) -> (Method, String, String, String) {
    let (mut filled, mut project) = (path.to_owned(), String::new());
    for parameter in operation["parameters"].as_array().expect("parameters") {
        let parameter = resolved(parameter);
        let (name, example) = (parameter["name"].as_str(), parameter["example"].as_str());
        let (Some(name), Some(example)) = (name, example) else {
            continue;
        };
        filled = filled.replace(&format!("{{{name}}}"), example);
        if name == "project_id" {
            example.clone_into(&mut project);
        }
    }
    let examples = operation["requestBody"]["content"]["application/json"]["examples"].as_object();
    let body = examples.and_then(|examples| examples.values().next());
    let body = body.map_or(String::new(), |example| example["value"].to_string());
    let method = method.to_uppercase().parse().expect("a method");
    (method, filled, project, body)
}

/// Presses Execute on every operation, each with the token that the page sends for its project.
async fn swagger(server: &Server) {
    let tokens = [
        ("0605767b5780d5762fc5c0118072a564", "demo-owner"),
        ("f841e01fd2b14e7fa41b6ae7aa6b0594", "demo-member"),
    ];
    let mut executed = 0;
    for (path, operations) in document::json()["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let (method, path, project, body) = filled_in(path, method, operation);
            let token = tokens
                .iter()
                .find(|(of, _)| *of == project)
                .expect("a token")
                .1;
            let url = format!("{}{path}", server.endpoint);
            let request = client()
                .request(method, url)
                .header("X-Auth-Token", token)
                .header("Content-Type", "application/json")
                .body(body);
            let response = send(request).await;
            assert!(response.status.is_success(), "{path}: {response:?}");
            executed += 1;
        }
    }
    assert_eq!(executed, 9, "every operation");
}

#[tokio::test]
async fn the_stories_and_the_examples_can_follow_one_another() {
    let server = Server::demo();
    for _ in 0..2 {
        paste(&readme(&server));
        paste(&printed(&server));
    }
    swagger(&server).await;
    paste(&printed(&server));
    paste(&readme(&server));
}

#[tokio::test]
async fn the_examples_work_first_and_the_stories_after_them() {
    let server = Server::demo();
    swagger(&server).await;
    let last = paste(&printed(&server));
    let end = last.rsplit("PROJECT").next().expect("the last table");
    assert!(
        end.contains("accepted") && end.contains("rejected"),
        "{last}"
    );
    let told = paste(&readme(&server));
    assert!(
        told.contains("accepted") && told.contains("revoked"),
        "{told}"
    );
}
