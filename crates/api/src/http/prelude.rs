//! What every file of endpoints needs: how an endpoint is declared, and how it answers.

pub(crate) use super::{
    body::{Body, FieldType},
    call::Call,
    codes::Code,
    endpoint::{
        ACCEPTED, ACCOUNTS, Access, CONTACTS, DIRECTORY, Endpoint, GraphqlField, Hashing,
        NO_CONTENT, RequestBody, SERVICE, SESSIONS, accepted, created, delete, get, ok, page,
        patch, post, put,
    },
    parameters::parameter,
    problem::{Answer, Problem},
    reply::Reply,
    schema::{Enumeration, Schema, View, member},
};
