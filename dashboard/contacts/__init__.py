"""The contact page and the list of people: what they show, their forms, filters and words."""
