//! The baseline: axum and nothing else. `POST` responds with the JSON that was sent, `GET` with a
//! fixed one of the size of a member.

use std::{error::Error, io::Write};

use axum::{
    Json, Router,
    routing::{get, post},
};
use serde_json::{Value, json};

async fn echo(Json(body): Json<Value>) -> Json<Value> {
    Json(body)
}

async fn fixed() -> Json<Value> {
    Json(json!({"member": {
        "status": "pending",
        "created_at": "2020-02-05T10:38:34.209782",
        "updated_at": null,
        "backup_id": "a5200268-74a5-4806-acc6-95793ab0228b",
        "image_id": null,
        "dest_project_id": "f841e01fd2b14e7fa41b6ae7aa6b0594",
        "vault_id": null,
        "id": "82cdee4b-4b6d-4dbe-9a3a-d1e0a9d0a0d5",
    }}))
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let mut stdout = std::io::stdout();
        writeln!(stdout, "listening on http://{}", listener.local_addr()?)?;
        stdout.flush()?;
        let router = Router::new().route("/", post(echo).merge(get(fixed)));
        axum::serve(
            axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))),
            router,
        )
        .await?;
        Ok(())
    })
}
