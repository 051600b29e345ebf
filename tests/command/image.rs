//! `image attach` and `detach`, beside a server on the same store: what depends on the image is
//! refused until it is gone.

use serde_json::json;
use testkit::demo::{ANOTHER, BACKUP, MEMBER, VAULT};

use crate::{
    place::{Place, both},
    process::Server,
};

const IMAGE: &str = "ce10c4d6-4a64-4dd4-8ba9-d4e5a3fbb7b0";
const OTHER: &str = "0d3c1f2e-63a5-4d57-8a08-0a2f0f2a8f11";

fn attach(place: &Place, image: &str) -> crate::process::Ran {
    place.run(&format!(
        "image attach {BACKUP} --member {MEMBER} --image {image}"
    ))
}

fn detach(place: &Place) -> crate::process::Ran {
    place.run(&format!("image detach {BACKUP} --member {MEMBER}"))
}

fn listed(server: &Server) -> serde_json::Value {
    let said = server.bob(&format!("members {BACKUP} -o json")).done();
    let listed: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let members = listed.as_array().cloned();
    let members = members.or_else(|| listed["members"].as_array().cloned());
    members.expect("members")[0].clone()
}

#[test]
fn an_image_keeps_a_share_until_it_is_detached() {
    both(|place| {
        let server = place.serve();
        let accept = format!("accept {BACKUP} --vault {VAULT}");
        server.bob(&accept).done();
        let accepted = listed(&server)["updated_at"].clone();

        let said = attach(place, IMAGE).done();
        assert_eq!(
            said,
            format!("backup {BACKUP}: image {IMAGE} attached for project {MEMBER}\n")
        );
        let member = listed(&server);
        assert_eq!(member["image_id"], IMAGE, "the server shows it at once");
        assert_ne!(member["updated_at"], accepted);
        assert!(attach(place, IMAGE).done().ends_with(", as before\n"));
        assert_eq!(listed(&server), member, "repeating it changes nothing");
        let refused = attach(place, OTHER).failed(1);
        assert!(
            refused.contains(IMAGE) && refused.contains("detach it first"),
            "{refused}"
        );

        let kept = "BackupService.6710";
        let reject = format!("reject {BACKUP}");
        assert!(server.bob(&reject).failed(1).contains(kept));
        let revoke = format!("revoke {BACKUP} {MEMBER}");
        assert!(server.alice(&revoke).failed(1).contains(kept));
        assert_eq!(listed(&server), member, "nothing has changed");

        assert_eq!(
            detach(place).done(),
            format!("backup {BACKUP}: no image for project {MEMBER}\n")
        );
        assert!(detach(place).done().ends_with(", as before\n"));
        server.bob(&reject).done();
        assert_eq!(
            place.audit(),
            [
                json!(["image:attach", [BACKUP, MEMBER, IMAGE], "done"]),
                json!(["image:attach", [BACKUP, MEMBER, IMAGE], "done"]),
                json!(["image:attach", [BACKUP, MEMBER, OTHER], "refused"]),
                json!(["image:detach", [BACKUP, MEMBER], "done"]),
                json!(["image:detach", [BACKUP, MEMBER], "done"]),
            ]
        );
    });
}

#[test]
fn only_an_accepted_share_has_an_image_and_the_next_step_is_named() {
    both(|place| {
        let server = place.serve();
        let pending = attach(place, IMAGE).failed(1);
        assert_eq!(
            pending,
            "backup-share: nothing was changed: the share is pending, not accepted: its member \
             accepts it first\n"
        );
        server.bob(&format!("reject {BACKUP}")).done();
        assert!(attach(place, IMAGE).failed(1).contains("is rejected"));
        let before = listed(&server);
        assert!(detach(place).done().ends_with(", as before\n"));
        assert_eq!(listed(&server), before, "there was none to detach");
        let stranger = place.run(&format!(
            "image attach {BACKUP} --member {ANOTHER}x --image {IMAGE}"
        ));
        assert!(stranger.failed(1).contains("its owner shares it first"));
        let nowhere = place.run(&format!("image detach {IMAGE} --member {MEMBER}"));
        assert!(nowhere.failed(1).contains("no such backup"));
    });
}

#[test]
fn no_store_is_made_and_wrong_usage_is_told_before_anything_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("none.db").display());
    let run = |line: &str| crate::process::run(&format!("image {line} --database {database}"));
    let missing = run(&format!("detach {BACKUP} --member {MEMBER}"));
    assert!(missing.failed(1).contains("there is no file"));
    for line in [
        format!("attach {BACKUP} --member {MEMBER} --image ubuntu"),
        format!("attach {BACKUP} --member {MEMBER}"),
        format!("detach {BACKUP} --member a/b"),
        format!("detach 5 --member {MEMBER}"),
    ] {
        assert_eq!(run(&line).code, Some(2), "{line}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        0
    );
}
