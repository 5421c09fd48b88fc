"""An organisation for tests of the API: clerks who report to Lena, one of them absent for long and one gone."""

from typing import Final

from tests.api.people import Person, answer

PEOPLE: Final = """
roles: {clerk: {name: Clerk}, boss: {name: Boss}}
users:
  u-boss: {name: Bea, roles: [boss]}
  u-lead: {name: Lena, reports_to: u-boss}
  u-ann: {name: Ann, roles: [clerk], reports_to: u-lead, skills: {latin: {level: 2}}}
  u-ben: {name: Ben, roles: [clerk], reports_to: u-lead}
  u-out:
    name: Otto
    roles: [clerk]
    reports_to: u-lead
    absences: [{from: 2020-01-01, until: 2199-01-01, substitute: u-ben}]
  u-gone: {name: Gwen, roles: [clerk], reports_to: u-lead, active: false}
"""


async def employ(admin: Person) -> None:
    """Enters these people; what is asked afterwards is answered by them."""
    answer(await admin.send("POST", "/api/people", text=PEOPLE.encode()))
