//! Problem documents as the OpenAPI document describes them.

use super::schema::{Schema, View, member};

pub(crate) static PROBLEM: View = View {
    name: "Problem",
    description: "Why a request was not carried out (RFC 9457)",
    members: &[
        member("type", Schema::Text).like("urn:userdom:problem:request.invalid"),
        member("title", Schema::Text).like("Some fields are faulty"),
        member("status", Schema::Number).like_json("422"),
        member("detail", Schema::Text).like("Some fields are faulty"),
        member("code", Schema::Text).like("request.invalid"),
        member("request_id", Schema::Text).like("019b79da-0000-7000-8000-000000000000"),
        member("errors", Schema::Object(&FAULT)).list().optional(),
    ],
};

pub(crate) static FAULT: View = View {
    name: "Fault",
    description: "A faulty field, or parameter of the query",
    members: &[
        member("pointer", Schema::Text).like("/email"),
        member("code", Schema::Text).like("email.invalid_format"),
        member("detail", Schema::Text).like("The email is not one"),
    ],
};
