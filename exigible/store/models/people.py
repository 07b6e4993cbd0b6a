"""The people who work here, and how they like their pages."""

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from exigible.domain.roles import ROLE_LABELS, Capability, Role, may


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Someone who signs in. The journal knows only `opaque_id`; the name lives here."""

    opaque_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.TextField()
    role = models.CharField(
        max_length=20, choices=[(role.value, label) for role, label in ROLE_LABELS.items()]
    )
    portfolios = models.ManyToManyField("store.Portfolio", blank=True, related_name="users")
    all_portfolios = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    theme = models.CharField(
        max_length=10, blank=True, choices=[("", "système"), ("light", "clair"), ("dark", "sombre")]
    )
    density = models.CharField(
        max_length=10, blank=True, choices=[("", "serrée"), ("large", "aérée")]
    )
    letter_keys = models.BooleanField(default=True)  # single-letter shortcuts (WCAG 2.1.4)
    current_creditor = models.ForeignKey(
        "store.Creditor", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name", "role"]

    objects = UserManager()

    def __str__(self) -> str:
        return self.name

    @property
    def role_label(self) -> str:
        return ROLE_LABELS[Role(self.role)]

    def may(self, capability: Capability) -> bool:
        return self.is_active and may(self.role, capability)


class SavedView(models.Model):
    """A name for a list's filters, columns and sort; personal, or shared with everyone."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="views")
    screen = models.CharField(max_length=30)  # "accounts", "ageing"…
    name = models.TextField()
    query = models.TextField(blank=True)  # the URL's query string
    shared = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "screen", "name"], name="view_name_once")
        ]
