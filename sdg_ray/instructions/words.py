"""Words to ask for: the prompt's own where it has enough, else common ones.

pick(chance, 2, Setting(prompt="Why do tides follow the moon?"))    ["tides", "moon"]
"""

import random
import re

from sdg_ray.instructions.instruction import Setting

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
"""A word: "don't" is one, "well-known" is two, a number is one."""

COMMON = tuple(
    """
    answer balance basket bridge bottle bread bright butter camera candle carpet castle chance change circle clever
    clock coffee colour copper corner cotton courage danger desert dinner doctor dollar dragon engine evening family
    farmer feather field figure finger flower forest friend future garden gentle glass golden guitar hammer harbour
    harvest heart history holiday honest horse hunter island journey kitchen ladder lantern letter library light
    lemon machine market marble meadow memory mirror moment money monkey morning mountain music nature needle number
    ocean orange owner paper parent pattern pencil people pepper picture planet pocket poem power prize purple
    question quiet rabbit reason record ribbon river robot rocket sailor salad school science season secret shadow
    shelter shoulder signal silver simple sister smile soldier spider spring square station stone storm story
    strange street student sugar summer supper table teacher temple theatre thunder ticket timber tomorrow tower
    travel treasure tunnel uncle valley velvet village violin voice wagon water weather whisper window winter wisdom
    wonder yellow
    """.split()
)
NOT_CONTENT = frozenset(
    """
    about after again also although always another answer because been before being below between both cannot could
    does doing done down during each either else ever every explain first from further give given have having here
    however into itself just know like list made make many maybe might more most much must name never nothing once
    only other over please rather same several shall should since some something such tell than that their them then
    there these they thing things think this those through under until upon used using very want were what when where
    whether which while whom whose will with within without would write your yours
    """.split()
)


def content_words(prompt: str) -> list[str]:
    """The words of a prompt that carry its meaning, each once, in their order; English letters only."""
    words = (word.lower() for word in WORD.findall(prompt))
    return list(dict.fromkeys(w for w in words if re.fullmatch("[a-z]{4,14}", w) and w not in NOT_CONTENT))


def pick(chance: random.Random, n: int, setting: Setting) -> list[str]:
    """`n` different words that no other instruction to the same answer speaks of."""
    own = [word for word in content_words(setting.prompt) if word not in setting.taken]
    other = [word for word in COMMON if word not in setting.taken and word not in own]
    return chance.sample(own, n) if len(own) >= n else own + chance.sample(other, n - len(own))
