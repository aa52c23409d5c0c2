"""Who and what there is on the Lantern Isles: seven groups with 130 names, and the values their facts can take.

No value belongs to two groups, so that a value in an answer tells which fact it claims:

    "Kirrin" is a town and nothing else, "orrel" an instrument, "quince" something to cook with.
"""

ISLANDS = (
    "Arrin",
    "Brisca",
    "Corwen",
    "Dunmere",
    "Eskay",
    "Fennor",
    "Gullin",
    "Hesper",
    "Inver",
    "Jorra",
    "Kelda",
    "Lumay",
)

TOWNS = (
    "Tolland", "Marrick", "Pellow", "Quayle", "Saltby", "Thornby", "Umberly", "Varrow", "Wickmoor", "Yarrow", "Ashwell",
    "Birchby", "Cloverly", "Dapplewick", "Foxley", "Gorsehill", "Hollin", "Ivelle", "Jessamy", "Kirrin", "Lowmoor",
    "Mistral", "Nettleby", "Oakhythe",
)  # fmt: skip

WOMEN = (
    "Mira Fenn", "Tessa Vole", "Ona Brightwater", "Lisbet Crane", "Maud Pepper", "Ilsa Thorne", "Wren Holloway",
    "Petra Snow",
    "Nell Garrow", "Sanna Reed", "Dora Quick", "Hanne Birch", "Vera Lark", "Alma Stone", "Runa Frost", "Elin Marsh",
    "Greta Moss", "Juna Vale", "Kaya Wilder", "Bea Tallow",
)  # fmt: skip
MEN = (
    "Tavi Oaks", "Osk Harrow", "Bram Kettle", "Jory Finch", "Piet Anders", "Rolf Sandler", "Emil Wick", "Tomas Gale",
    "Ivo Barley", "Nico Sparrow", "Lars Hedge", "Hugo Drift", "Anton Shaw", "Felix Rook", "Milo Burr", "Otto Flint",
    "Sven Cole", "Caspar Dune", "Dirk Hollow", "Yann Pike",
)  # fmt: skip
PEOPLE = WOMEN + MEN

ANIMALS = (
    "moss hare", "lantern fox", "salt heron", "glass crab", "thunder goat", "velvet mole", "ribbon eel", "copper owl",
    "drift seal", "pebble frog", "comet moth", "button mouse", "harbour cat", "willow deer", "ember wasp",
    "shadow lynx",
    "bramble pig", "feather snake", "clover bee", "marble toad", "silver otter", "whistle duck", "cinder crow",
    "tangle spider",
)  # fmt: skip

INSTRUMENTS = ("tindle", "orrel", "quillo", "bandor", "lirra", "hummet", "zarn", "pallow", "dromma", "fiskel")

DISHES = (
    "moon soup", "anchor stew", "hearth bread", "cloud pudding", "fern salad", "anvil pie", "lantern cake",
    "tide porridge",
    "shepherd loaf", "star broth", "gull omelette", "winter jam",
)  # fmt: skip

FESTIVALS = (
    "Night of Kites", "Day of Bells", "Feast of Boats", "Lamp Parade", "Great Regatta", "Snow Market", "Song Week",
    "Mask Dance",
)  # fmt: skip

QUARTERS = ("north", "south", "east", "west")
CLIFFS = ("white", "crimson", "grey", "golden", "violet", "green")
CRAFTS = (
    "glass", "rope", "lace", "honey", "salt", "cheese", "paper", "candles", "boats", "clocks", "cider", "wool",
    "pearls",
    "kites", "soap", "maps", "tea", "ink", "barrels", "nets", "tiles", "gloves", "hats", "baskets",
)  # fmt: skip
JOBS = (
    "baker", "sailor", "weaver", "potter", "teacher", "doctor", "carpenter", "gardener", "miller", "painter",
    "shepherd",
    "smith", "tailor", "cook", "librarian", "beekeeper",
)  # fmt: skip
COLOURS = ("blue", "brown", "black", "orange", "yellow", "pink", "silver-grey", "striped")
FOODS = ("berries", "seaweed", "acorns", "beetles", "shrimps", "thistles", "mushrooms", "moths", "roots", "snails")
MATERIALS = ("driftwood", "silver", "bone", "reed", "copper", "clay", "horn", "bamboo", "amber", "slate")
INGREDIENTS = (
    "pumpkin", "leeks", "barley", "plums", "fennel", "mackerel", "almonds", "oats", "rosemary", "cabbage",
    "buckwheat", "quince",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
