use userdom_domain::PhoneId;
use uuid::Uuid;

use super::{Delivery, Message, letter::length, one_time_link::LinkToken};
use crate::{
    App, AppError,
    ports::{ClaimedEntry, OutgoingSms, TokenKind},
    services::is_shut_out,
};

/// The code that verifies a phone, as long as it is the newest and good.
pub(in crate::services) fn phone_code(
    app: &App,
    entry: &ClaimedEntry,
    phone_id: PhoneId,
    token_id: Uuid,
) -> Result<Delivery, AppError> {
    let (kind, ttl) = (TokenKind::PhoneVerification, app.settings().code_ttl);
    if (LinkToken { id: token_id, kind, ttl }).find(app)?.is_none() {
        return Ok(Delivery::Nothing);
    }
    let user = app.adapters.store.read()?.users().find_by_id(entry.user_id)?;
    let Some(user) = user.filter(|user| !is_shut_out(user, app.now())) else {
        return Ok(Delivery::Nothing);
    };
    let Some(number) = user.phone(phone_id).ok().and_then(|phone| phone.phone().e164()) else {
        return Ok(Delivery::Nothing);
    };
    let body = format!(
        "{} is your code for {}. It works for {}. Tell it to nobody.",
        app.adapters.mint.code(token_id).expose(),
        app.settings().issuer,
        length(ttl)
    );
    Ok(Delivery::Send(Message::Sms(OutgoingSms { id: entry.id, to: number.to_owned(), body })))
}
