"""The walk of the README, by a client that openapi-generator made from docs/openapi.json.

usage: walk.py URL MAIL_FOLDER
"""

import pathlib
import re
import sys
import time

import userdom_client as userdom

PASSWORD = "correct-horse-battery-staple"
url, mail_folder = sys.argv[1], pathlib.Path(sys.argv[2])


def client(token=None):
    return userdom.ApiClient(userdom.Configuration(host=url, access_token=token))


def refused(call, status, **arguments):
    """The problem that comes back."""
    try:
        call(**arguments)
    except userdom.ApiException as error:
        assert error.status == status, error
        return error.data
    raise AssertionError("it was not refused")


def mailed(address):
    """The token in the mail of this address: the service writes its mails into a folder."""
    for _ in range(400):
        for path in mail_folder.glob("*"):
            mail = path.read_text()
            token = re.search(r"#token=(ud_ev_[\w-]+)", mail)
            if token and f"To: {address}" in mail:
                return token[1]
        time.sleep(0.05)
    raise AssertionError(f"no mail for {address}")


# Register, verify the email, sign in, and refresh.
accounts = userdom.AccountsApi(client())
contacts = userdom.ContactsApi(client())
sessions = userdom.SessionsApi(client())
registration = userdom.Registration(
    username="ada", password=PASSWORD, email="ada@example.org",
    first_name="Ada", last_name="Lovelace", phone=userdom.FirstPhone("+44 20 7946 0957"),
)
registered = accounts.register_with_http_info(registration)
assert registered.status_code == 201 and "location" in registered.headers
assert registered.data.status == userdom.UserStatus.PENDING
email = contacts.verify_email(userdom.Token(token=mailed("ada@example.org")))
assert email.is_verified and email.is_default
session = sessions.sign_in(userdom.SignIn(login="ada", password=PASSWORD))
session = sessions.refresh(userdom.Refresh(refresh_token=session.refresh_token))
accounts, contacts, sessions = (
    api(client(session.access_token))
    for api in (userdom.AccountsApi, userdom.ContactsApi, userdom.SessionsApi)
)
user = accounts.user("me")
assert user.status == userdom.UserStatus.ACTIVE and user.roles == [userdom.UserRole.USER]

# The contact book.
work = userdom.EmailToAdd(email="ada@work.example", contact_type=userdom.ContactType.WORK)
assert contacts.add_email("me", work).contact_type == userdom.ContactType.WORK
london = userdom.AddressToAdd(
    street_line1="12 St James Square", city="London", postal_code="SW1Y 4LB", country="United Kingdom",
)
assert contacts.add_address(str(user.id), london).country == "GBR"

# A POST that is sent again is done once.
phone = userdom.PhoneToAdd(phone_number="+44 20 7946 0959")
first, again = (
    contacts.add_phone_with_http_info("me", phone, idempotency_key="my-first-retry")
    for _ in range(2)
)
assert again.data == first.data and again.headers["idempotency-replayed"] == "true"

# The profile, and no lost updates.
patch = userdom.ProfilePatch(bio="Writes programs for engines.", timezone="Europe/London")
assert accounts.update_profile("me", patch).timezone == "Europe/London"
stale = refused(accounts.update_profile, 412, id="me", profile_patch=patch, if_match='"1"')
assert stale.code == "version.stale"

# All faults of the input are reported at once.
registration.username, registration.email = "al", "nobody"
faulty = refused(accounts.register, 422, registration=registration)
assert [fault.pointer for fault in faulty.errors] == ["/username", "/email"], faulty

# And out.
assert [it.is_current for it in sessions.sessions("me").items] == [True]
sessions.sign_out()
assert refused(accounts.user, 401, id="me").code == "access.unauthenticated"
print("walked")
