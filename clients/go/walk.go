// The walk of the README, by a client that openapi-generator made from docs/openapi.json: a path,
// a member or a status that is not there does not compile.
//
// usage: walk URL MAIL_FOLDER
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"userdom"
)

const password = "correct-horse-battery-staple"

var link = regexp.MustCompile(`#token=(ud_ev_[\w-]+)`)

func main() {
	url, mailFolder := os.Args[1], os.Args[2]
	configuration := userdom.NewConfiguration()
	configuration.Servers = userdom.ServerConfigurations{{URL: url}}
	client := userdom.NewAPIClient(configuration)
	nobody := context.Background()

	// Register, verify the email, sign in, and refresh.
	registration := userdom.Registration{
		Username: "ada", Password: password, Email: "ada@example.org",
		FirstName: "Ada", LastName: "Lovelace",
	}
	registration.SetPhone(userdom.FirstPhone{String: userdom.PtrString("+44 20 7946 0957")})
	user, answer, err := client.AccountsAPI.Register(nobody).Registration(registration).Execute()
	good(err)
	is(answer.StatusCode == 201 && answer.Header.Get("Location") != "", "no Location")
	is(user.Status == userdom.PENDING, "not pending")
	token := userdom.Token{Token: mailed(mailFolder, registration.Email)}
	email, _, err := client.ContactsAPI.VerifyEmail(nobody).Token(token).Execute()
	good(err)
	is(email.IsVerified && email.IsDefault, "not verified")
	signIn := userdom.SignIn{Login: "ada", Password: password}
	session, _, err := client.SessionsAPI.SignIn(nobody).SignIn(signIn).Execute()
	good(err)
	refresh := userdom.Refresh{RefreshToken: session.RefreshToken}
	session, _, err = client.SessionsAPI.Refresh(nobody).Refresh(refresh).Execute()
	good(err)
	ada := context.WithValue(nobody, userdom.ContextAccessToken, session.AccessToken)
	user, _, err = client.AccountsAPI.User(ada, "me").Execute()
	good(err)
	is(user.Status == userdom.ACTIVE && user.Roles[0] == userdom.USER, "not active")

	// The contact book.
	work := userdom.EmailToAdd{Email: "ada@work.example"}
	work.SetContactType(userdom.WORK)
	added, _, err := client.ContactsAPI.AddEmail(ada, "me").EmailToAdd(work).Execute()
	good(err)
	is(added.ContactType == userdom.WORK, "not for work")
	london := userdom.AddressToAdd{}
	london.SetStreetLine1("12 St James Square")
	london.SetCity("London")
	london.SetPostalCode("SW1Y 4LB")
	london.SetCountry("United Kingdom")
	address, _, err := client.ContactsAPI.AddAddress(ada, user.Id).AddressToAdd(london).Execute()
	good(err)
	is(address.Country == "GBR", "not in Britain")

	// A POST that is sent again is done once.
	phone := userdom.PhoneToAdd{PhoneNumber: "+44 20 7946 0959"}
	once := client.ContactsAPI.AddPhone(ada, "me").PhoneToAdd(phone).IdempotencyKey("my-first-retry")
	first, _, err := once.Execute()
	good(err)
	again, answer, err := once.Execute()
	good(err)
	is(again.Id == first.Id, "another phone")
	is(answer.Header.Get("Idempotency-Replayed") == "true", "not the first answer")

	// The profile, and no lost updates.
	patch := userdom.ProfilePatch{Timezone: userdom.PtrString("Europe/London")}
	patch.SetBio("Writes programs for engines.")
	profile, _, err := client.AccountsAPI.UpdateProfile(ada, "me").ProfilePatch(patch).Execute()
	good(err)
	is(profile.Timezone == "Europe/London", "not in London")
	_, answer, err = client.AccountsAPI.UpdateProfile(ada, "me").ProfilePatch(patch).IfMatch("\"1\"").Execute()
	is(refused(err, answer, 412).Code == "version.stale", "not stale")

	// Bad input is told all at once.
	registration.Username, registration.Email = "al", "nobody"
	_, answer, err = client.AccountsAPI.Register(nobody).Registration(registration).Execute()
	is(len(refused(err, answer, 422).Errors) == 2, "not both faults")

	// And out.
	sessions, _, err := client.SessionsAPI.Sessions(ada, "me").Execute()
	good(err)
	is(len(sessions.Items) == 1 && sessions.Items[0].IsCurrent, "not one session")
	_, err = client.SessionsAPI.SignOut(ada).Execute()
	good(err)
	_, answer, err = client.AccountsAPI.User(ada, "me").Execute()
	is(refused(err, answer, 401).Code == "access.unauthenticated", "still in")
	fmt.Println("walked")
}

func good(err error) {
	if err != nil {
		panic(err)
	}
}

func is(so bool, otherwise string) {
	if !so {
		panic(otherwise)
	}
}

// The problem that came back.
func refused(err error, answer *http.Response, status int) userdom.Problem {
	is(answer.StatusCode == status, answer.Status)
	problem, known := err.(*userdom.GenericOpenAPIError).Model().(userdom.Problem)
	is(known, "no problem document")
	return problem
}

// The token in the mail of this address: the service writes its mails into a folder.
func mailed(folder, address string) string {
	for tries := 0; tries < 400; tries++ {
		mails, err := filepath.Glob(filepath.Join(folder, "*"))
		good(err)
		for _, name := range mails {
			mail, err := os.ReadFile(name)
			good(err)
			token := link.FindStringSubmatch(string(mail))
			if token != nil && strings.Contains(string(mail), "To: "+address) {
				return token[1]
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	panic("no mail for " + address)
}
