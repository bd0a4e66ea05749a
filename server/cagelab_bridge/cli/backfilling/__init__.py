"""Old sessions: finding their folders, reading them, handing them to the bridge. Nothing here writes into them."""
