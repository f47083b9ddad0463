"""The roster: who sends what, and which entities a unit speaks for, from the programme's registers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from catalogue.errors import SettingsError
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.register import Version
from catalogue.source import Folder, Inbox, Portal
from demo.scene import Below, Campaign
from transforms.owe import is_respondent


class Roster:
    """The registers of a programme, asked for respondents and for what lies below them; answers are kept."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self._above = lru_cache(maxsize=None)(self._ancestors)
        self._branch = lru_cache(maxsize=None)(programme.branch)
        self._children = lru_cache(maxsize=None)(self._direct)

    def day(self, campaign: Campaign, period: Period | None) -> date:
        """The day on which units and entities are looked up: the last of the period, else the one the campaign says.

        Raises SettingsError where there is neither.
        """
        if period is not None:
            return period.end
        if campaign.on is None:
            raise SettingsError(f"campaign {campaign.campaign}: without periods it needs the day that counts, as on")
        return campaign.on

    def form(self, campaign: Campaign) -> Form:
        """The form of a campaign. Raises SettingsError where there is none."""
        found = self.programme.form.get(campaign.form)
        if found is None:
            known = ", ".join(self.programme.form)
            raise SettingsError(f"campaign {campaign.campaign}: no form {campaign.form!r}; known are {known}")
        return found

    def source(self, campaign: Campaign) -> Folder | Portal:
        """Where a campaign arrives: the portal or inbox it names, or the first inbox that takes its form."""
        for source in self.programme.sources:
            if campaign.source == source.source or (
                campaign.source is None and isinstance(source, Inbox) and campaign.form in source.forms
            ):
                return source
        raise SettingsError(f"campaign {campaign.campaign}: no source takes form {campaign.form}; declare an inbox")

    def units(self, campaign: Campaign, period: Period | None) -> list[Version]:
        """Who sends a form in a period: everyone who owes it, less whom the campaign leaves out. In order of codes."""
        form, day = self.form(campaign), self.day(campaign, period)
        source = self.source(campaign)
        register = self.programme.register_named[form.respondents.register_name]
        found = []
        for unit in register.on(day):
            if isinstance(source, Portal) and unit.code != source.unit:
                continue
            if campaign.only and unit.code not in campaign.only:
                continue
            inside = not campaign.branches or not self.codes_above(unit, day).isdisjoint(campaign.branches)
            if unit.code not in campaign.but and inside and is_respondent(self.programme, form, unit, day):
                found.append(unit)
        if not found:
            raise SettingsError(f"campaign {campaign.campaign}: nobody owes {form.form} on {day}; check its periods")
        return sorted(found, key=lambda unit: unit.code)

    def codes_above(self, unit: Version, day: date) -> set[str]:
        """The codes of a unit and of everything above it."""
        return {found.code for key in self._above(unit.key, day) if (found := self.programme.version(key, day))}

    def above(self, unit: Version, day: date) -> Version:
        """What a unit lies directly below in its own register; the unit itself at the top."""
        return (self.programme.version(unit.parent, day) if unit.parent is not None else None) or unit

    def below(self, unit: Version, what: Below, day: date) -> list[Version]:
        """The entities of a register in a unit's own branch."""
        return list(self._below(unit, what, day))

    def _below(self, unit: Version, what: Below, day: date) -> Iterator[Version]:
        if what.itself:
            yield unit
        waiting = [unit.key] if self._shares_place(unit, day) else sorted(self._branch(unit.key, day))
        seen = {unit.key, *waiting}
        found = []
        while waiting:
            for register, entity in self._children(day).get(waiting.pop(), ()):
                if entity.key in seen:
                    continue
                seen.add(entity.key)
                waiting.append(entity.key)
                level = not what.levels or entity.level in what.levels
                kind = not what.types or entity.type in what.types
                if register == what.register_name and level and kind:
                    found.append(entity)
        yield from sorted(found, key=lambda entity: entity.key)

    def _direct(self, day: date) -> dict[int, list[tuple[str, Version]]]:
        """What lies directly below each entity on a day, in its register or linked to it: register and entity."""
        found: dict[int, list[tuple[str, Version]]] = {}
        for register in self.programme.registers:
            for entity in register.on(day):
                for above in (entity.parent, entity.link):
                    if above is not None:
                        found.setdefault(above, []).append((register.register_name, entity))
        return found

    def _shares_place(self, unit: Version, day: date) -> bool:
        """Whether a unit links to the place of the unit above it, as a department to its province: then what lies in
        that place is not below the unit."""
        return unit.link is not None and unit.parent is not None and self.above(unit, day).link == unit.link

    def _ancestors(self, key: int, day: date) -> tuple[int, ...]:
        return self.programme.ancestors(key, day)

    def find(self, register: str, code: str, day: date) -> Version:
        """The entity that bears a code on a day, or ever. Raises SettingsError where none ever did."""
        known = self.programme.register_named[register]
        found = known.by_code(code, day) or next((one for one in known.versions if one.code == code), None)
        if found is None:
            raise SettingsError(f"the world names {code!r}, which register {register} does not know; correct it")
        return found
