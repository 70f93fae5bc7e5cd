from django.contrib.auth.password_validation import MinimumLengthValidator


class LongEnough(MinimumLengthValidator):
    """Django's own sentence has lost its Chinese translation."""

    def get_error_message(self):
        return f"密码太短，至少要 {self.min_length} 位。"

    def get_help_text(self):
        return f"密码至少 {self.min_length} 位。"
