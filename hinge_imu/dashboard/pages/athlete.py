"""x"""
def register(desk):
    pass
